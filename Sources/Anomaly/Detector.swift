import Glibc

/// Both channels over one series after another: it holds the constants, and each series its ``DetectorState``.
///
/// It is strictly causal: what is said of a value depends on that value and earlier ones alone. Neither offset nor unit
/// of a series changes a score.
public struct Detector: Sendable {
    public let tuning: Tuning
    private let rates: Rates

    public init(_ tuning: Tuning = .standard) {
        self.tuning = tuning
        rates = Rates(tuning)
    }

    /// Judges a value, then learns it.
    ///
    /// - Parameters:
    ///   - time: its stamp in seconds. A stamp that is not later than the last is dropped; after more missing steps than
    ///     the tuning allows the short-term parts begin anew.
    ///   - state: the series' memory.
    public func push(_ value: Double, at time: Double, into state: inout DetectorState) -> Assessment {
        var assessment = Assessment()
        assessment.learning = Self.learning(state)
        guard value.isFinite, time.isFinite else { return assessment }
        switch state.clock.take(time, gapSteps: tuning.gapSteps) {
        case .late: return assessment
        case .afterGap: state.novelty.interrupt()
        case .next: break
        }
        assessment.isTaken = true
        let value = state.scale.take(value)
        let spike = state.spike.take(value, quantum: state.novelty.quantum, tuning, rates)
        let novelty = state.novelty.take(value, points: state.clock.points, tuning, rates)
        assessment.unheldNovelty = novelty.raw
        assessment.rawNovelty = state.holdOff.take(novelty.raw, tuning, rates)
        assessment.rawSpike = spike.decades
        assessment.novelty = 1 - exp(-assessment.rawNovelty / tuning.noveltyScale)
        assessment.spike = 1 - exp(-assessment.rawSpike / tuning.spikeScale)
        assessment.learning = Self.learning(state)
        assessment.nearest = novelty.ages.map { ages in
            func time(_ age: Int32) -> Double { state.clock.time(ofPoint: state.clock.points - age) }
            return Likeness(earlier: time(ages.earlier), newest: time(ages.newest))
        }
        explain(&assessment, novelty, spike, state.scale)
        return assessment
    }

    private static func learning(_ state: DetectorState) -> Double {
        min(1, Double(state.clock.points) / Double(Tuning.learningPoints))
    }

    private func explain(
        _ assessment: inout Assessment, _ novelty: NoveltyChannel.Outcome, _ spike: SpikeChannel.Outcome,
        _ scale: Normalisation
    ) {
        func band(_ band: (low: Double, high: Double)) -> Assessment.Band {
            Assessment.Band(low: scale.value(band.low), high: scale.value(band.high))
        }
        assessment.expected = novelty.band.map(band)
        assessment.spikeBand = spike.band.map(band)
        assessment.seenBand = novelty.seen.map(band)
        assessment.noveltySize = abs(scale.difference(novelty.size))
        assessment.spikeSize = abs(scale.difference(spike.size))
        assessment.observed = novelty.observed.map(scale.value)
        switch novelty.cause {
        case .value(let isAbove): assessment.reason = isAbove ? .above : .below
        case .mean: assessment.reason = .sustained
        case .change: assessment.reason = .jump
        case .deviation:
            assessment.reason = .variability
            assessment.observed = novelty.observed.map(scale.difference)
            assessment.expected = novelty.band.map {
                Assessment.Band(low: scale.difference($0.low), high: scale.difference($0.high))
            }
        case .pattern: assessment.reason = .pattern
        case nil: break
        }
        // The stronger channel gives the reason.
        if assessment.spike >= 0.5, assessment.spike > assessment.novelty {
            assessment.reason = .spike
            assessment.expected = assessment.spikeBand
            assessment.observed = nil
        }
    }

    /// “This is normal now”: the present level is no news any more. Envelopes, spike channel and hold-off begin anew, the
    /// remembered patterns are brought to the present level.
    public func acceptPresent(_ state: inout DetectorState) {
        state.novelty.acceptPresent()
        state.spike = SpikeChannel()
        state.holdOff.clear()
    }
}
