//! Lines of web servers: the common log format, and the combined one with the referer and the user agent behind it.

use memchr::memchr;

use super::{FieldPlace, end_of_quoted};

/// The fields of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The client: an address or a name.
    pub host: FieldPlace,
    /// The client's user by identd; mostly `-`.
    pub ident: FieldPlace,
    /// The client's user by the server's login; mostly `-`.
    pub user: FieldPlace,
    /// The time, without its brackets.
    pub time: FieldPlace,
    /// The first line of the request, without its quotes.
    pub request: FieldPlace,
    /// Three digits.
    pub status: FieldPlace,
    /// The bytes of the answer, or `-`.
    pub bytes: FieldPlace,
    /// Of the combined format: where the request came from, without its quotes.
    pub referer: FieldPlace,
    /// Of the combined format: the client's program, without its quotes.
    pub user_agent: FieldPlace,
    /// Of the combined format: further fields that a server adds; `None` if there are none.
    pub rest: Option<FieldPlace>,
}

/// Reads a line of the common log format, or of the combined one; `None` if it is not such a line.
#[inline(always)]
pub fn read(line: &[u8], combined: bool) -> Option<Access> {
    let host = 0..memchr(b' ', line).filter(|end| *end > 0)?;
    let (ident, user) = who(line, host.end + 1)?;
    let time_at = user.end + 2;
    let time = time_at..time_at + memchr(b']', &line[time_at..])?;
    let request_at = time.end + 3;
    if line.get(time.end + 1..request_at)? != b" \"" {
        return None;
    }
    let request = request_at..end_of_quoted(line, request_at)?;
    // `" 200 `
    let [b'"', b' ', status_digits @ .., b' '] = line.get(request.end..request.end + 6)? else { return None };
    if !status_digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let status = request.end + 2..request.end + 5;
    let bytes = status.end + 1..end_of_bytes(line, status.end + 1)?;
    let access = Access { host, ident, user, time, request, status, bytes, ..Access::default() };
    match combined {
        false => (access.bytes.end == line.len()).then_some(access),
        true => agent(line, access),
    }
}

/// The ident and the user that begin at `from`: a user may have spaces, but none after a first `-`, as where a host stands before
/// the host.
#[inline(always)]
fn who(line: &[u8], from: usize) -> Option<(FieldPlace, FieldPlace)> {
    if line[from..].starts_with(b"- - [") {
        return Some((from..from + 1, from + 2..from + 3));
    }
    let ident = from..from + memchr(b' ', &line[from..]).filter(|len| *len > 0)?;
    let user_at = ident.end + 1;
    let bracket = user_at + memchr(b'[', &line[user_at..])?;
    let user = line[user_at..bracket].strip_suffix(b" ")?;
    match user {
        [] | [b' ', ..] | [b'-', b' ', ..] => None,
        user => Some((ident, user_at..user_at + user.len())),
    }
}

/// Where the digits or the `-` that begin at `from` end.
#[inline(always)]
fn end_of_bytes(line: &[u8], from: usize) -> Option<usize> {
    let digits = line.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match digits {
        0 => (line.get(from) == Some(&b'-')).then_some(from + 1),
        digits => Some(from + digits),
    }
}

/// Reads the fields that the combined format has after the bytes.
#[inline(always)]
fn agent(line: &[u8], access: Access) -> Option<Access> {
    let referer_at = access.bytes.end + 2;
    if line.get(access.bytes.end..referer_at)? != b" \"" {
        return None;
    }
    let referer = referer_at..end_of_quoted(line, referer_at)?;
    let agent_at = referer.end + 3;
    if line.get(referer.end + 1..agent_at)? != b" \"" {
        return None;
    }
    let user_agent = agent_at..end_of_quoted(line, agent_at)?;
    let rest = match &line[user_agent.end + 1..] {
        [] => None,
        [b' ', ..] => Some(user_agent.end + 2..line.len()),
        _ => return None,
    };
    Some(Access { referer, user_agent, rest, ..access })
}

/// Method, path and protocol of a request with three parts, or method and path of one with two; `None` for any other.
pub fn parts_of(line: &[u8], request: &FieldPlace) -> Option<(FieldPlace, FieldPlace, Option<FieldPlace>)> {
    let (mut parts, mut from, mut at) = ([const { 0..0 }; 3], request.start, request.start);
    let mut found = 0;
    while at <= request.end {
        let is_end = at == request.end;
        match line.get(at)? {
            _ if is_end => {}
            b' ' => {}
            b'\\' => {
                if line.get(at + 1) == Some(&b' ') {
                    return None;
                }
                at += 2;
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        }
        if at == from {
            return None;
        }
        *parts.get_mut(found)? = from..at;
        (found, at) = (found + 1, at + 1);
        from = at;
    }
    let [method, path, protocol] = parts;
    (found >= 2).then(|| (method, path, (found == 3).then_some(protocol)))
}
