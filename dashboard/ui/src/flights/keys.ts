/** The cache keys of flights, apart from their queries so that the first page need not load those. */
export const flightsKey = ["flights"] as const;
export const coverageKey = ["coverage"] as const;
export const flightKey = (id: number) => ["flight", id] as const;
export const reportKey = (id: number) => ["flight-report", id] as const;
