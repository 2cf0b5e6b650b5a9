package import Imaging
package import Pathway

/// A meeting of a team, one day.
package struct MeetingRecord: Hashable, Sendable {
    package let id: Int64
    /// Whose meeting it is.
    package let organisation: OrganisationRecord
    /// `YYYY-MM-DD`.
    package let day: String
    package let title: String
    package let chair: Int64
    /// Organisations whose people take part beside its own.
    package let guests: [OrganisationRecord]
}

/// A case on a meeting's list.
package struct AgendaItemRecord: Hashable, Sendable {
    package let id: Int64
    package let meeting: Int64
    package let patient: Int64
    /// What the meeting is asked.
    package let question: String
    /// Where the case comes from and why, as the referral says it.
    package let referral: String
}

/// Somebody who took part in a meeting, as the chair confirmed.
package struct AttendanceRecord: Hashable, Sendable {
    package let participant: Participant
    /// ISO 8601, UTC.
    package let confirmedAt: String
}

/// One version of what a meeting decided about a case.
package struct DecisionRecord: Hashable, Sendable {
    package struct Signature: Hashable, Sendable {
        package let account: Int64
        /// Name and role as they were at signing.
        package let fullName: String
        package let role: Role
        /// ISO 8601, UTC.
        package let signedAt: String
    }

    package let id: Int64
    package let agendaItem: Int64
    package let meeting: Int64
    package let patient: Int64
    /// Counts the item's decisions from 1; none replaces an earlier one.
    package let version: Int
    package let decision: Decision
    /// SHA-256 of the JSON that is kept; what a signature is about.
    package let digest: ObjectDigest
    package let account: Int64
    /// ISO 8601, UTC.
    package let createdAt: String
    /// `nil` while nobody has signed it.
    package let signature: Signature?

    /// What a new sign-in for its signature is kept for.
    package var signingSubject: String { "decision-\(id)" }
    /// What its signature says, for the same.
    package static let signingMeaning = "decided"
}

/// What the chair wants to sign.
package struct DecisionSigning: Hashable, Sendable {
    package let decision: Int64
    package let patient: Int64
    /// What the page showed.
    package let digest: ObjectDigest
    package let account: Int64
    /// That it is they, now; used up with the signature.
    package let proof: SigningProof

    package init(
        decision: Int64, patient: Int64, digest: ObjectDigest, account: Int64, proof: SigningProof
    ) {
        (self.decision, self.patient, self.digest) = (decision, patient, digest)
        (self.account, self.proof) = (account, proof)
    }
}

/// An image that somebody marked for a meeting: the slice through a place, or a frame.
package struct KeyImageRecord: Hashable, Sendable {
    package let id: Int64
    package let agendaItem: Int64
    package let patient: Int64
    package let place: CommentAnchor
    package let note: String
    package let account: Int64
    /// ISO 8601, UTC.
    package let createdAt: String
}

/// What was measured on an image.
package struct MeasurementDraft: Hashable, Sendable {
    package enum Shape: String, Hashable, Sendable, Codable {
        /// The ends of the longest diameter, then of the one across it, when there is one.
        case diameters
        /// The ends of two diameters at right angles of a circle in a plane.
        case circle
    }

    /// One number of it.
    package struct Value: Hashable, Sendable, Codable {
        package enum Quantity: String, Hashable, Sendable, Codable {
            case longDiameter = "long-diameter"
            case shortDiameter = "short-diameter"
            case area
            case mean
            case standardDeviation = "standard-deviation"
            case minimum
            case maximum
        }

        package let quantity: Quantity
        package let value: Double
        /// As the image's values are called: `mm`, `mm²`, `HU`, `Bq/mL`, `SUV`.
        package let unit: String

        package init(_ quantity: Quantity, _ value: Double, _ unit: String) {
            (self.quantity, self.value, self.unit) = (quantity, value, unit)
        }
    }

    /// Where the shape's points lie.
    package enum Place: Hashable, Sendable {
        /// DICOM LPS, mm, in the series' frame of reference.
        case patient([Vector3<Double>])
        case picture(PicturePlace)
    }

    /// Points on a frame of a picture that is no volume.
    package struct PicturePlace: Hashable, Sendable, Codable {
        package let instance: Int64
        /// Counted from 1 in its file.
        package let frame: Int
        /// Column and row; the centre of the first pixel is (0, 0).
        package let pixels: [[Double]]
        /// Whether lengths are those on the detector and not in the patient, who is smaller.
        package let isOnDetector: Bool

        package init(instance: Int64, frame: Int, pixels: [[Double]], isOnDetector: Bool) {
            (self.instance, self.frame, self.pixels) = (instance, frame, pixels)
            self.isOnDetector = isOnDetector
        }
    }

    package let agendaItem: Int64
    package let patient: Int64
    package let series: Int64
    /// As people call what was measured: `Target 1`.
    package let label: String
    /// `2.25.…`, the same in every report of it.
    package let trackingUID: String
    package let shape: Shape
    package let place: Place
    package let values: [Value]

    package init(
        agendaItem: Int64, patient: Int64, series: Int64, label: String, trackingUID: String,
        shape: Shape, place: Place, values: [Value]
    ) {
        (self.agendaItem, self.patient, self.series) = (agendaItem, patient, series)
        (self.label, self.trackingUID, self.shape) = (label, trackingUID, shape)
        (self.place, self.values) = (place, values)
    }
}

/// A measurement that is kept.
package struct MeasurementRecord: Hashable, Sendable {
    package let id: Int64
    package let draft: MeasurementDraft
    package let account: Int64
    /// ISO 8601, UTC.
    package let createdAt: String
}
