//! The queue beside a receiver that takes its time.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::engine::file::OpenFile;
use crate::engine::{Contribution, FingerprintWish, Refusal};
use crate::error::Error;
use crate::source::InputFile;
use queue::Task;

/// Notes what it gets, and does `before` each time.
struct SlowReceiver<F> {
    before: F,
    got: Vec<String>,
}

impl<F: FnMut(&[Reject]) + Send> Receiver for SlowReceiver<F> {
    fn rejects_wanted(&self) -> usize {
        usize::MAX
    }

    fn fingerprint_wish(&self, _: &InputFile) -> FingerprintWish {
        FingerprintWish::No
    }

    fn rejects(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        (self.before)(&rejects);
        let places = rejects.iter().map(|reject| reject.place.order().to_string());
        self.got.push(format!("{} rejects {}", file.name, places.collect::<Vec<_>>().join(" ")));
        Ok(())
    }

    fn contribution(&mut self, _: &InputFile, _: Contribution) -> Result<()> {
        unreachable!("every file is refused")
    }

    fn refused(&mut self, file: &InputFile, _: Refusal) -> Result<()> {
        (self.before)(&[]);
        self.got.push(format!("{} refused", file.name));
        Ok(())
    }
}

fn files(number: usize) -> Vec<InputFile> {
    (0..number).map(|at| InputFile { name: at.to_string(), ..InputFile::default() }).collect()
}

fn reject(byte: u64) -> Vec<Reject> {
    let place = Place::Line { line: 0, byte };
    vec![Reject { place, column: None, reason: Reason::Nul, value: None, raw: Vec::new() }]
}

fn refusal() -> Refusal {
    Refusal { error: Error::data("refused"), tally: None, opened: None }
}

#[test]
fn threads_take_work_while_the_receiver_is_busy() {
    let (entered, has_entered) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let mut is_first = true;
    let before = move |_: &[Reject]| {
        if std::mem::take(&mut is_first) {
            entered.send(()).unwrap();
            may_go.recv().unwrap();
        }
    };
    let mut receiver = SlowReceiver { before, got: Vec::new() };
    let (files, settings) = (files(2), settings(2, 1 << 10, 1 << 10));
    let queue = Queue::new(&files, &settings, &mut receiver);
    std::thread::scope(|scope| {
        let delivering = scope.spawn(|| queue.deliver_rejects(0, 0, reject(1)));
        has_entered.recv().unwrap();
        let (done, is_done) = mpsc::channel();
        let queue = &queue;
        scope.spawn(move || {
            assert!(matches!(queue.next().unwrap(), Task::Open(0)));
            queue.deliver_rejects(0, 1, reject(2)).unwrap();
            queue.end(1, Err(refusal())).unwrap();
            queue.end(0, Err(refusal())).unwrap();
            assert!(matches!(queue.next().unwrap(), Task::Open(1)));
            done.send(()).unwrap();
        });
        // Only a thread that waits for the receiver lets this time pass.
        let is_free = is_done.recv_timeout(Duration::from_secs(20)).is_ok();
        go.send(()).unwrap();
        delivering.join().unwrap().unwrap();
        assert!(is_free, "the other thread waited");
    });
    drop(queue);
    assert_eq!(receiver.got, ["0 rejects 1", "0 rejects 2", "0 refused", "1 refused"]);
}

#[test]
fn a_slow_receiver_slows_the_threads() {
    let (put, most) = (AtomicU64::new(0), AtomicU64::new(0));
    let before = |rejects: &[Reject]| {
        (0..50).for_each(|_| std::thread::yield_now());
        most.fetch_max(put.load(SeqCst) - rejects[0].place.order(), SeqCst);
    };
    let mut receiver = SlowReceiver { before, got: Vec::new() };
    let (files, settings) = (files(1), settings(2, 1 << 10, 1 << 10));
    let queue = Queue::new(&files, &settings, &mut receiver);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let put_many =
                || (0..200).try_for_each(|_| queue.deliver_rejects(0, 0, reject(put.fetch_add(1, SeqCst))));
            scope.spawn(move || put_many().unwrap());
        }
    });
    // Those that wait, one that each thread has in hand, and the one that is delivered.
    let most = most.into_inner();
    assert!(most <= 2 + 3 + 1, "{most} waited");
}

#[test]
fn rejects_wait_for_the_files_before_theirs_within_a_bound() {
    let mut receiver = SlowReceiver { before: |_: &[Reject]| {}, got: Vec::new() };
    let (files, settings) = (files(2), settings(2, 1 << 10, 1 << 10));
    let queue = Queue::new(&files, &settings, &mut receiver);
    let bytes = 1 << 20;
    let long = |byte| vec![Reject { raw: vec![b'x'; bytes], ..reject(byte).remove(0) }];
    std::thread::scope(|scope| {
        let putting = scope.spawn(|| {
            for byte in 0..100 {
                queue.deliver_rejects(1, 0, long(byte)).unwrap();
                assert!(queue.held_bytes() <= 17 * bytes, "{} bytes wait", queue.held_bytes());
            }
        });
        while queue.held_bytes() <= 16 * bytes {
            std::thread::yield_now();
        }
        (0..1_000).for_each(|_| std::thread::yield_now());
        queue.end(0, Err(refusal())).unwrap();
        putting.join().unwrap();
    });
    assert_eq!(queue.held_bytes(), 0);
    drop(queue);
    assert_eq!(receiver.got.len(), 101);
}

#[test]
fn the_first_of_the_open_files_is_taken_first() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"time,action\n2024-01-31T09:05:00Z,Open\n".to_vec();
    let (files, job) = (inputs(folder.path(), &[text.clone(), text]), job(&["action"]));
    let mut receiver = SlowReceiver { before: |_: &[Reject]| {}, got: Vec::new() };
    let settings = settings(2, 1 << 10, 1 << 10);
    let queue = Queue::new(&files, &settings, &mut receiver);
    let time = TimeReader::new(&job.source.time).unwrap();
    for at in [0, 1] {
        assert!(matches!(queue.next().unwrap(), Task::Open(number) if number == at));
    }
    for at in [1, 0] {
        let opened = OpenFile::open(at, &files[at], &job, &time, &settings.stop);
        assert!(queue.opened(at, opened).unwrap().is_none());
    }
    assert!(matches!(queue.next().unwrap(), Task::Count(file) if file.at == 0));
}
