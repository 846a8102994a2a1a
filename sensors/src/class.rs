//! The words of others for what an object is.

use domain::Class;

/// The class that a word of ONVIF (Analytics Service, "Object Class") or of the labels that Frigate's models know
/// (COCO and its own) stands for. `None`: nothing that any rule asks about.
pub(crate) fn of_word(word: &str) -> Option<Class> {
    Some(match word.to_ascii_lowercase().as_str() {
        "person" | "human" | "pedestrian" => Class::Person,
        "bicycle" | "bike" => Class::Bicycle,
        "motorcycle" | "motorbike" => Class::Motorcycle,
        // ONVIF's "Vehicle" (once spelt "Vehical") is any; most are cars, and parking treats all alike.
        "car" | "vehicle" | "vehical" => Class::Car,
        "van" => Class::Van,
        "bus" => Class::Bus,
        "truck" => Class::Truck,
        "dog" => Class::Dog,
        "excavator" => Class::Excavator,
        _ => return None,
    })
}
