//! The bucket: objects with generations, uploads, and the rules of both.

use super::{answer::Answer, request::Request};
use std::collections::BTreeMap;

/// Parts of an upload, but for the last one, have at least so many bytes.
const LEAST_PART_BYTES: usize = 5 * 1024 * 1024;
/// Objects of which one is composed, at most.
const COMPONENTS: usize = 32;
/// When everything was written.
const TIME: &str = "2026-01-01T00:00:00.000Z";
/// What time it is when uploads are listed: a day later.
const NOW: &str = "Fri, 02 Jan 2026 00:00:00 GMT";
/// Uploads that are listed at once: fewer than Google lists, so that pages are turned.
const PAGE_UPLOADS: usize = 5;

#[derive(Debug, Default)]
pub struct Bucket {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Upload>,
    generation: u64,
}

#[derive(Debug)]
struct Object {
    bytes: Vec<u8>,
    generation: u64,
    metadata: Vec<(String, String)>,
}

#[derive(Debug)]
struct Upload {
    key: String,
    parts: BTreeMap<u32, Vec<u8>>,
    metadata: Vec<(String, String)>,
}

impl Bucket {
    pub fn get(&self, key: &str, request: &Request) -> Answer {
        let Some(object) = self.objects.get(key) else { return Answer::error(404, "NoSuchKey") };
        let size = object.bytes.len();
        let range = request.header("range").and_then(|range| range.strip_prefix("bytes="));
        let answer = match range.and_then(|range| range.split_once('-')) {
            None => Answer::new(200).body(object.bytes.clone()),
            Some((start, end)) => {
                let start: usize = start.parse().unwrap_or(usize::MAX);
                let end: usize = end.parse().unwrap_or(usize::MAX).min(size.saturating_sub(1));
                if start >= size {
                    return Answer::error(416, "InvalidRange");
                }
                Answer::new(206)
                    .header("Content-Range", format!("bytes {start}-{end}/{size}"))
                    .body(&object.bytes[start..=end])
            }
        };
        object
            .metadata
            .iter()
            .fold(answer.header("x-goog-generation", object.generation), |answer, (name, value)| {
                answer.header(name, value)
            })
    }

    pub fn put(&mut self, key: &str, request: &Request) -> Answer {
        if let Some(refusal) = self.refusal(key, request) {
            return refusal;
        }
        self.write(key, request.body.clone(), metadata(request))
    }

    pub fn delete(&mut self, key: &str, request: &Request) -> Answer {
        if !self.objects.contains_key(key) {
            return Answer::error(404, "NoSuchKey");
        }
        if let Some(refusal) = self.refusal(key, request) {
            return refusal;
        }
        self.objects.remove(key);
        Answer::new(204)
    }

    pub fn compose(&mut self, key: &str, request: &Request) -> Answer {
        let names = request.tagged("Name");
        if names.is_empty() || names.len() > COMPONENTS {
            return Answer::error(400, "InvalidArgument");
        }
        let mut bytes = Vec::new();
        for name in names {
            let Some(object) = self.objects.get(&name) else {
                return Answer::error(404, "NoSuchKey");
            };
            bytes.extend_from_slice(&object.bytes);
        }
        if let Some(refusal) = self.refusal(key, request) {
            return refusal;
        }
        self.write(key, bytes, metadata(request))
    }

    pub fn list(&self, request: &Request) -> Answer {
        let prefix = request.query("prefix").unwrap_or("");
        let after = request.query("start-after").unwrap_or("");
        let limit = request.query("max-keys").and_then(|n| n.parse().ok()).unwrap_or(1000);
        let mut keys =
            self.objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after);
        let mut page = String::new();
        for (key, object) in keys.by_ref().take(usize::min(limit, 1000)) {
            let key = key.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            page += &format!(
                "<Contents><Key>{key}</Key><Size>{}</Size><LastModified>{TIME}</LastModified></Contents>",
                object.bytes.len()
            );
        }
        Answer::new(200).body(format!(
            "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult><IsTruncated>{}</IsTruncated>\
             {page}</ListBucketResult>",
            keys.next().is_some()
        ))
    }

    pub fn uploads(&self, request: &Request) -> Answer {
        let prefix = request.query("prefix").unwrap_or("");
        let after = ["key-marker", "upload-id-marker"].map(|of| request.query(of).unwrap_or(""));
        let mut found: Vec<[&str; 2]> =
            self.uploads.iter().map(|(id, upload)| [upload.key.as_str(), id.as_str()]).collect();
        found.retain(|found| found[0].starts_with(prefix) && *found > after);
        found.sort_unstable();
        let is_truncated = found.len() > PAGE_UPLOADS;
        found.truncate(PAGE_UPLOADS);
        let [key, id] = found.last().copied().unwrap_or_default();
        let uploads: String = found
            .iter()
            .map(|[key, id]| {
                format!(
                    "<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>{TIME}</Initiated>\
                     </Upload>"
                )
            })
            .collect();
        Answer::new(200).header("Date", NOW).body(format!(
            "<?xml version='1.0' encoding='UTF-8'?><ListMultipartUploadsResult>\
             <NextKeyMarker>{key}</NextKeyMarker><NextUploadIdMarker>{id}</NextUploadIdMarker>\
             <IsTruncated>{is_truncated}</IsTruncated>{uploads}</ListMultipartUploadsResult>"
        ))
    }

    pub fn start(&mut self, key: &str, request: &Request) -> Answer {
        self.generation += 1;
        let id = format!("upload-{}", self.generation);
        let (key, metadata) = (key.to_owned(), metadata(request));
        self.uploads.insert(id.clone(), Upload { key, parts: BTreeMap::new(), metadata });
        Answer::new(200).body(format!(
            "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        ))
    }

    pub fn part(&mut self, request: &Request) -> Answer {
        let number = request.query("partNumber").and_then(|number| number.parse().ok());
        let id = request.query("uploadId").unwrap_or_default();
        match (self.uploads.get_mut(id), number) {
            (Some(upload), Some(number)) => {
                upload.parts.insert(number, request.body.clone());
                Answer::new(200).header("ETag", format!("\"part-{number}\""))
            }
            _ => Answer::error(404, "NoSuchUpload"),
        }
    }

    pub fn complete(&mut self, key: &str, request: &Request) -> Answer {
        if request.headers.keys().any(|name| name.starts_with("x-goog-if-")) {
            return Answer::error(400, "NotImplemented");
        }
        let id = request.query("uploadId").unwrap_or_default();
        let upload = self.uploads.remove(id).filter(|upload| upload.key == key);
        let Some(mut upload) = upload else { return Answer::error(404, "NoSuchUpload") };
        let (numbers, tags) = (request.tagged("PartNumber"), request.tagged("ETag"));
        let mut bytes = Vec::new();
        for (at, (number, tag)) in numbers.iter().zip(&tags).enumerate() {
            let part = number.parse().ok().and_then(|number: u32| upload.parts.remove(&number));
            let part = part.filter(|_| *tag == format!("\"part-{number}\""));
            let Some(part) = part else { return Answer::error(400, "InvalidPart") };
            if part.len() < LEAST_PART_BYTES && at + 1 < numbers.len() {
                return Answer::error(400, "EntityTooSmall");
            }
            bytes.extend(part);
        }
        if bytes.is_empty() && numbers.is_empty() {
            return Answer::error(400, "MalformedCompleteMultipartUploadRequest");
        }
        self.write(key, bytes, upload.metadata)
    }

    pub fn abort(&mut self, request: &Request) -> Answer {
        match self.uploads.remove(request.query("uploadId").unwrap_or_default()) {
            Some(_) => Answer::new(204),
            None => Answer::error(404, "NoSuchUpload"),
        }
    }

    /// What to answer if the request's precondition does not hold. Generation 0: nothing is there.
    fn refusal(&self, key: &str, request: &Request) -> Option<Answer> {
        let Ok(wanted) = request.header("x-goog-if-generation-match")?.parse::<u64>() else {
            return Some(Answer::error(400, "InvalidArgument"));
        };
        let present = self.objects.get(key).map_or(0, |object| object.generation);
        (wanted != present).then(|| Answer::error(412, "PreconditionFailed"))
    }

    fn write(&mut self, key: &str, bytes: Vec<u8>, metadata: Vec<(String, String)>) -> Answer {
        self.generation += 1;
        let generation = self.generation;
        self.objects.insert(key.to_owned(), Object { bytes, generation, metadata });
        Answer::new(200).header("x-goog-generation", generation).body(format!(
            "<CompleteMultipartUploadResult><Key>x</Key><ETag>\"e-{generation}\"</ETag>\
             </CompleteMultipartUploadResult>"
        ))
    }
}

fn metadata(request: &Request) -> Vec<(String, String)> {
    let headers = request.headers.iter();
    let kept = headers.filter(|(name, _)| name.starts_with("x-goog-meta-"));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
