//! Where messages belong that come after newer ones. Positions never move once given; the numbers between leave room.

use ownline_model::time::UtcMillis;

/// Room that is left where this machine was away: what the phone may still have goes there.
pub(in crate::store) const ROOM: i64 = 1_000_000;

/// A message that has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) position: i64,
    pub(super) at: UtcMillis,
}

/// Positions for messages with these times, oldest first, among the seated ones (by position, ascending). Two may share a
/// position where there is no room left; their ids, which begin with the time, tell them apart.
pub(super) fn seats(seated: &[Seat], arriving: &[UtcMillis]) -> Vec<i64> {
    let mut positions = vec![0; arriving.len()];
    let Some(newest) = seated.last() else {
        // An empty chat: the newest gets 0, so that what comes next begins at 1 as everywhere.
        for (distance, place) in positions.iter_mut().rev().enumerate() {
            *place = -i64::try_from(distance).unwrap_or(i64::MAX);
        }
        return positions;
    };
    let later = arriving.partition_point(|at| *at <= newest.at);
    for (offset, place) in positions[later..].iter_mut().enumerate() {
        *place = newest.position + 1 + i64::try_from(offset).unwrap_or(i64::MAX);
    }
    let mut below = seated.len();
    let mut ceiling = i64::MAX;
    for (place, at) in positions[..later].iter_mut().zip(arriving).rev() {
        while let Some(seat) = below.checked_sub(1).map(|index| seated[index]).filter(|seat| seat.at > *at) {
            ceiling = ceiling.min(seat.position);
            below -= 1;
        }
        let floor = below.checked_sub(1).map(|index| seated[index].position);
        // Nothing is newer: the newest has the same time.
        let next = if ceiling == i64::MAX { floor.unwrap_or(0) + 1 } else { ceiling - 1 };
        *place = floor.map_or(next, |floor| next.max(floor));
        ceiling = *place;
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seated(pairs: &[(i64, i64)]) -> Vec<Seat> {
        pairs.iter().map(|&(position, at)| Seat { position, at: UtcMillis(at) }).collect()
    }

    fn times(times: &[i64]) -> Vec<UtcMillis> {
        times.iter().copied().map(UtcMillis).collect()
    }

    #[test]
    fn an_empty_chat_ends_where_the_next_message_begins() {
        assert_eq!(seats(&[], &times(&[10, 20, 30])), [-2, -1, 0]);
        assert!(seats(&[], &[]).is_empty());
    }

    #[test]
    fn older_ones_go_below() {
        assert_eq!(seats(&seated(&[(1, 100), (2, 110)]), &times(&[10, 20])), [-1, 0]);
        assert_eq!(seats(&seated(&[(-5, 100)]), &times(&[10, 20])), [-7, -6]);
    }

    #[test]
    fn newer_ones_go_above() {
        assert_eq!(seats(&seated(&[(1, 100), (2, 110)]), &times(&[120, 130])), [3, 4]);
    }

    #[test]
    fn what_was_missed_goes_between_where_room_was_left() {
        let seated = seated(&[(9, 90), (10, 100), (10 + ROOM, 200), (11 + ROOM, 210)]);
        assert_eq!(seats(&seated, &times(&[110, 120])), [8 + ROOM, 9 + ROOM]);
        assert_eq!(
            seats(&seated, &times(&[50, 95, 150, 300])),
            [8, 9, 9 + ROOM, 12 + ROOM],
            "no room below the second: it shares a place"
        );
    }

    #[test]
    fn whatever_comes_stays_in_order() {
        let mut random = 7_u64;
        let mut next = move |bound: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % bound
        };
        for _ in 0..500 {
            let (mut position, mut at) = (0, 0);
            let seated: Vec<Seat> = (0..next(8))
                .map(|_| {
                    position += 1 + i64::try_from(next(4)).expect("small");
                    at += i64::try_from(next(50)).expect("small");
                    Seat { position, at: UtcMillis(at) }
                })
                .collect();
            let mut arriving: Vec<i64> = (0..next(8)).map(|_| i64::try_from(next(400)).expect("small")).collect();
            arriving.sort_unstable();
            let arriving = times(&arriving);
            let positions = seats(&seated, &arriving);
            assert!(positions.is_sorted(), "{seated:?} {arriving:?} {positions:?}");
            for (at, position) in arriving.iter().zip(&positions) {
                for seat in &seated {
                    assert!(seat.at > *at || seat.position <= *position, "{seat:?} before {at:?} at {position}");
                    assert!(seat.at <= *at || seat.position >= *position, "{seat:?} after {at:?} at {position}");
                }
            }
        }
    }
}
