//! Our ends of a child's pipes. Who reads or writes one can be told to stop, so that a process that keeps the other end
//! open does not keep a thread of ours.

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};

/// Tells the users of all pipes of one child to stop when it is dropped.
#[derive(Debug)]
pub(crate) struct Stopper(#[expect(dead_code, reason = "its drop is what counts")] PipeWriter);

/// What the users of pipes watch.
#[derive(Debug, Clone)]
pub(crate) struct Stop(Arc<PipeReader>);

/// A new pair of both.
pub(crate) fn stop() -> io::Result<(Stopper, Stop)> {
    let (reader, writer) = io::pipe()?;
    Ok((Stopper(writer), Stop(Arc::new(reader))))
}

/// One of our ends of a pipe. Reading and writing wait, and fail once told to stop and nothing can be done at once.
#[derive(Debug)]
pub(crate) struct Pipe<P> {
    end: P,
    stop: Stop,
}

impl<P: AsFd> Pipe<P> {
    pub(crate) fn new(end: P, stop: &Stop) -> io::Result<Self> {
        ioctl_fionbio(&end, true)?;
        Ok(Self { end, stop: stop.clone() })
    }

    /// Waits until something can be done; `false` when told to stop.
    fn wait(&self, for_what: PollFlags) -> io::Result<bool> {
        let mut fds = [PollFd::new(&self.end, for_what), PollFd::new(&*self.stop.0, PollFlags::IN)];
        loop {
            match poll(&mut fds, None) {
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    let [end, _] = &fds;
                    return Ok(!end.revents().is_empty());
                }
            }
        }
    }

    fn when_ready<T>(
        &mut self,
        for_what: PollFlags,
        mut act: impl FnMut(&mut P) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match act(&mut self.end) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            if !self.wait(for_what)? {
                return Err(ErrorKind::ConnectionAborted.into());
            }
        }
    }
}

impl<P: AsFd + Read> Read for Pipe<P> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.when_ready(PollFlags::IN, |end| end.read(into))
    }
}

impl<P: AsFd + Write> Write for Pipe<P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.when_ready(PollFlags::OUT, |end| end.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_what_is_there_and_then_stops() {
        let (stopper, stop) = stop().unwrap();
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"abc").unwrap();
        drop(stopper);
        let mut pipe = Pipe::new(reader, &stop).unwrap();
        let mut text = Vec::new();
        assert_eq!(pipe.read_to_end(&mut text).unwrap_err().kind(), ErrorKind::ConnectionAborted);
        assert_eq!(text, b"abc");
        drop(writer);
    }

    #[test]
    fn a_reader_that_waits_is_woken() {
        let (stopper, stop) = stop().unwrap();
        let (reader, writer) = io::pipe().unwrap();
        let mut pipe = Pipe::new(reader, &stop).unwrap();
        let waits = std::thread::spawn(move || pipe.read(&mut [0]).unwrap_err().kind());
        drop(stopper);
        assert_eq!(waits.join().unwrap(), ErrorKind::ConnectionAborted);
        drop(writer);
    }

    #[test]
    fn a_writer_that_nobody_reads_stops() {
        let (stopper, stop) = stop().unwrap();
        let (reader, writer) = io::pipe().unwrap();
        let mut pipe = Pipe::new(writer, &stop).unwrap();
        let waits = std::thread::spawn(move || pipe.write_all(&vec![0; 4 << 20]).unwrap_err().kind());
        drop(stopper);
        assert_eq!(waits.join().unwrap(), ErrorKind::ConnectionAborted);
        drop(reader);
    }

    #[test]
    fn the_end_of_the_other_side_is_the_end() {
        let (_stopper, stop) = stop().unwrap();
        let (reader, writer) = io::pipe().unwrap();
        drop(writer);
        assert_eq!(Pipe::new(reader, &stop).unwrap().read(&mut [0]).unwrap(), 0);
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        assert_eq!(Pipe::new(writer, &stop).unwrap().write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
