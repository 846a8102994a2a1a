//! Pixel to ground: homographies, covariance, datums; pure.
