use super::*;

/// Bytes that compress a little.
fn sample(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut step = || {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 24) as u8 & 0x3f
    };
    (0..length).map(|_| step()).collect()
}

fn inflate_in_pieces(input: &[u8], piece: usize, room: usize) -> Result<Vec<u8>, ZlibError> {
    let mut inflate = Inflate::new();
    let mut output = Vec::new();
    let mut at = 0;
    loop {
        let end = input.len().min(at + piece);
        let before = output.len();
        let step = inflate.step(&input[at..end], &mut output, room)?;
        assert!(output.len() - before <= room);
        at += step.consumed;
        if step.is_done {
            assert_eq!(&input[at..], b"rest", "what follows the stream is left alone");
            return Ok(output);
        }
        if at == input.len() {
            return Err(ZlibError::Truncated);
        }
    }
}

#[test]
fn what_is_deflated_inflates_however_it_is_cut() {
    for length in [0, 1, 2, 100, WINDOW_BYTES, BUFFER_BYTES, BUFFER_BYTES + 1, 700_000] {
        let data = sample(length);
        let mut deflated = deflate(&data);
        assert_eq!(inflate_exact(&deflated, length).unwrap(), data);
        deflated.extend_from_slice(b"rest");
        for (piece, room) in [(1 << 20, 1 << 20), (1 << 20, 1000), (7, 1 << 20), (1000, 8191)] {
            assert_eq!(inflate_in_pieces(&deflated, piece, room).unwrap(), data);
        }
        let mut engine = InflateExact::new();
        for piece in [1, 3, 4096] {
            let mut filling = engine.begin(length);
            for bytes in deflated.chunks(piece) {
                if filling.feed(bytes).unwrap().is_done {
                    break;
                }
            }
            assert_eq!(filling.finish().unwrap(), data);
        }
    }
}

#[test]
fn the_declared_length_must_be_right() {
    let deflated = deflate(&sample(1000));
    assert_eq!(inflate_exact(&deflated, 999), Err(ZlibError::Size));
    assert_eq!(inflate_exact(&deflated, 1001), Err(ZlibError::Size));
    assert_eq!(inflate_exact(&deflated, 0), Err(ZlibError::Size));
    assert_eq!(inflate_exact(&deflated, usize::MAX), Err(ZlibError::Truncated));
}

#[test]
fn every_truncation_and_every_flipped_byte_is_noticed() {
    let data = sample(300);
    let deflated = deflate(&data);
    for length in 0..deflated.len() {
        assert_eq!(inflate_exact(&deflated[..length], 300), Err(ZlibError::Truncated));
    }
    for position in 0..deflated.len() {
        let mut broken = deflated.clone();
        broken[position] ^= 0x10;
        assert_ne!(inflate_exact(&broken, 300).as_ref(), Ok(&data));
        let _ = inflate_in_pieces(&[&broken[..], b"rest"].concat(), 10, 50);
    }
}

#[test]
fn nothing_of_an_earlier_stream_is_seen() {
    let mut inflate = Inflate::new();
    let mut output = Vec::new();
    inflate.step(&deflate(&sample(5000)), &mut output, 5000).unwrap();
    inflate.reset();
    // A literal, then a match that reaches back to before the beginning.
    let far_back = [0x78, 0x9c, 0x4b, 0x04, 0xa2, 0x00];
    let outcome = inflate.step(&far_back, &mut Vec::new(), 100);
    assert!(matches!(outcome, Err(ZlibError::Corrupt)), "{outcome:?}");
}

#[test]
fn stored_data_stays_as_it_is() {
    let data = sample(200_000);
    let mut engine = Deflate::new(Effort::Store);
    for _ in 0..2 {
        let mut output = Vec::new();
        for piece in data.chunks(30_000) {
            engine.push(piece, &mut output);
        }
        engine.finish(&mut output);
        assert!(output.len() > data.len() && output.len() < data.len() + 1000);
        assert!(output.windows(1000).any(|window| window == &data[..1000]));
        assert_eq!(inflate_exact(&output, data.len()).unwrap(), data);
        engine.reset();
    }
}
