//! One row of pixels at a time: colours as numbers, then as the input wants them.
//!
//! The numbers of a row stay in the processor's first cache between the two steps, and both are plain
//! loops that the compiler turns into vector instructions.

use domain::ColourMatrix;

use crate::manifest::{Channels, Input, Layout};

/// A row in blue, green and red, each 0..=255.
#[derive(Debug, Default)]
pub(super) struct Line([Vec<f32>; 3]);

impl Line {
    /// Of packed BGR.
    pub(super) fn of_bgr(&mut self, bgr: &[u8]) {
        let [blue, green, red] = self.of_length(bgr.len() / 3);
        let out = blue.iter_mut().zip(green).zip(red);
        for (pixel, ((blue, green), red)) in bgr.as_chunks::<3>().0.iter().zip(out) {
            *blue = f32::from(pixel[0]);
            *green = f32::from(pixel[1]);
            *red = f32::from(pixel[2]);
        }
    }

    /// Of luma and chroma.
    pub(super) fn of_planes(&mut self, matrix: &ColourMatrix, [y, u, v]: [&[u8]; 3]) {
        let ColourMatrix { gain, black, blue: blueness, green: [less, lesser], red: redness } =
            *matrix;
        let [blue, green, red] = self.of_length(y.len());
        let out = blue.iter_mut().zip(green).zip(red);
        for (((&y, &u), &v), ((blue, green), red)) in y.iter().zip(u).zip(v).zip(out) {
            let (y, u, v) = (f32::from(y), f32::from(u) - 128.0, f32::from(v) - 128.0);
            let luma = gain * (y - black);
            *blue = (luma + blueness * u).clamp(0.0, 255.0);
            *green = (luma - less * u - lesser * v).clamp(0.0, 255.0);
            *red = (luma + redness * v).clamp(0.0, 255.0);
        }
    }

    fn of_length(&mut self, pixels: usize) -> [&mut [f32]; 3] {
        self.0.each_mut().map(|channel| {
            channel.resize(pixels, 0.0);
            channel.as_mut_slice()
        })
    }
}

/// Factor and summand of each channel of the input that do (pixel − mean) / std, and where it comes from.
#[derive(Debug)]
pub(super) struct Normal {
    layout: Layout,
    width: usize,
    plane: usize,
    channels: [Channel; 3],
}

#[derive(Debug, Clone, Copy)]
struct Channel {
    /// 0 is blue.
    from: usize,
    scale: f32,
    shift: f32,
}

impl Normal {
    pub(super) fn of(input: &Input) -> Self {
        let channels = [0, 1, 2].map(|channel| {
            let (mean, std) = (input.mean[channel], input.std[channel]);
            let from = match input.colour {
                Channels::Bgr => channel,
                Channels::Rgb => 2 - channel,
            };
            Channel { from, scale: 1.0 / std, shift: -mean / std }
        });
        let (width, height) = (input.width as usize, input.height as usize);
        Self { layout: input.layout, width, plane: width * height, channels }
    }

    /// Puts a line into the tensor, from the column and row `x` and `y` of the input on.
    pub(super) fn write(&self, line: &Line, x: usize, y: usize, tensor: &mut [f32]) {
        let start = y * self.width + x;
        for (index, &Channel { from, scale, shift }) in self.channels.iter().enumerate() {
            let numbers = line.0[from].iter().map(|number| number * scale + shift);
            match self.layout {
                Layout::Nchw => {
                    let out = tensor[index * self.plane + start..].iter_mut();
                    out.zip(numbers).for_each(|(out, number)| *out = number);
                }
                Layout::Nhwc => {
                    let out = tensor[3 * start + index..].iter_mut().step_by(3);
                    out.zip(numbers).for_each(|(out, number)| *out = number);
                }
            }
        }
    }

    /// Fills the tensor with black.
    pub(super) fn blacken(&self, tensor: &mut [f32]) {
        match self.layout {
            Layout::Nchw => {
                for (plane, channel) in tensor.chunks_exact_mut(self.plane).zip(self.channels) {
                    plane.fill(channel.shift);
                }
            }
            Layout::Nhwc => {
                for pixel in tensor.as_chunks_mut::<3>().0 {
                    *pixel = self.channels.map(|channel| channel.shift);
                }
            }
        }
    }
}
