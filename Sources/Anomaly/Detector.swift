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
    public func push(_ value: Double, at time: Double, into state: inout DetectorState) -> Judgement {
        var judgement = Judgement()
        guard value.isFinite, time.isFinite else { return judgement }
        switch state.clock.take(time, gapSteps: tuning.gapSteps) {
        case .late: return judgement
        case .afterGap: state.novelty.interrupt()
        case .next: break
        }
        judgement.isTaken = true
        let value = state.scale.take(value)
        let spike = state.spike.take(value, quantum: state.novelty.quantum, tuning, rates)
        let novelty = state.novelty.take(value, points: state.clock.points, tuning, rates)
        judgement.unheldNovelty = novelty.raw
        judgement.rawNovelty = state.holdOff.take(novelty.raw, tuning, rates)
        judgement.rawSpike = spike.decades
        judgement.novelty = 1 - exp(-judgement.rawNovelty / tuning.noveltyScale)
        judgement.spike = 1 - exp(-judgement.rawSpike / tuning.spikeScale)
        judgement.learning = min(1, Double(state.clock.points) / Double(Tuning.learningPoints))
        let earlier = novelty.age.map { state.clock.time(ofPoint: state.clock.points - $0) }
        explain(&judgement, novelty, spike, state.scale, earlier)
        return judgement
    }

    private func explain(
        _ judgement: inout Judgement, _ novelty: NoveltyChannel.Outcome, _ spike: SpikeChannel.Outcome,
        _ scale: Normalisation, _ earlier: Double?
    ) {
        func band(_ band: (low: Double, high: Double)) -> Judgement.Band {
            Judgement.Band(low: scale.value(band.low), high: scale.value(band.high))
        }
        judgement.expected = novelty.band.map(band)
        judgement.spikeBand = spike.band.map(band)
        switch novelty.cause {
        case .value(let isAbove): judgement.reason = isAbove ? .above : .below
        case .mean: judgement.reason = .sustained
        case .change: judgement.reason = .jump
        case .deviation:
            judgement.reason = .variability
            judgement.expected = novelty.band.map {
                Judgement.Band(low: scale.difference($0.low), high: scale.difference($0.high))
            }
        case .pattern:
            judgement.reason = .pattern
            judgement.nearestEarlier = earlier
        case nil: break
        }
        // The stronger channel gives the reason.
        if judgement.spike >= 0.5, judgement.spike > judgement.novelty {
            judgement.reason = .spike
            judgement.expected = judgement.spikeBand
            judgement.nearestEarlier = nil
        }
    }

    /// “This is normal now”: the present level is no news any more. Envelopes, spike channel and hold-off begin anew, the
    /// remembered patterns stay.
    public func acceptPresent(_ state: inout DetectorState) {
        state.novelty.acceptPresent()
        state.spike = SpikeChannel()
        state.holdOff.clear()
    }
}
