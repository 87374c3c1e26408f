using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Completes records that were forwarded to another process: ledger, then memory, then callers. It is for them what <see cref="RecordCompleter"/> is for
/// records that end here.
/// </summary>
/// <param name="keep">Keeps some of the records that failed, and returns the outcomes of the others; null where none is kept.</param>
internal sealed class ForwardedCompleter(BacklogLedger ledger, MemoryLimit memory, StreamTelemetry telemetry, KeepFailed? keep = null)
{
    /// <summary>Completes records that were forwarded to another process and have their outcomes there.</summary>
    /// <param name="predicted">Returns the shard that is predicted for a record; null where shards are not known.</param>
    public void Complete(ReadOnlySpan<ForwardedOutcome> ends, Func<UserRecord, string?>? predicted = null)
    {
        if (keep is not null)
            ends = keep(ends);
        var (delivered, persisted, unknown, failed, stored, charge) = (0, 0, 0, 0, 0, 0L);
        foreach (ref readonly var end in ends)
        {
            var rider = end.Member.Sink.OutcomeRider;
            if (rider is { CountsElsewhere: true })
                continue;
            charge += end.Charge;
            if (rider is not { CountsMemoryOnly: true })
                telemetry.Ended(end.Member, end.Result, predicted);
            _ = end.Result.Status switch
            {
                _ when rider is { CountsMemoryOnly: true } => stored++,
                RecordStatus.Unknown => unknown++,
                RecordStatus.Persisted => persisted++,
                _ when end.Result.IsSuccess => delivered++,
                _ => failed++,
            };
        }

        ledger.Delivered(delivered);
        ledger.IntoBacklog(persisted);
        ledger.NotDelivered(RecordStatus.Unknown, unknown);
        ledger.NotDelivered(RecordStatus.Failed, failed);
        memory.Release(charge, delivered + persisted + unknown + failed + stored);

        var runs = new OutcomeRuns();
        for (int first = 0, next; first < ends.Length; first = next)
        {
            var sink = ends[first].Member.Sink;
            var isStored = sink.OutcomeRider is { CountsMemoryOnly: true };
            for (next = first; next < ends.Length && ReferenceEquals(ends[next].Member.Sink, sink); next++)
            {
                try
                {
                    sink.SetResult(ends[next].Member.Index, isStored ? ends[next].Result.WithNumber(ends[next].Number?.Packed) : ends[next].Result);
                }
                catch (Exception e)
                {
                    // The records behind it have nobody else who would end them: their outcomes have been taken.
                    telemetry.Broken(e);
                }
            }

            runs.Ended(sink, next - first, next < ends.Length ? ends[next].Member.Sink : null);
        }

        if (unknown + failed == 0)
            return;
        foreach (ref readonly var end in ends)
        {
            if (end.Result is { IsSuccess: false, Record: not null }
                && end.Member.Sink.OutcomeRider is not ({ CountsElsewhere: true } or { CountsMemoryOnly: true }))
                telemetry.Failed(end.Result.WithNumber(end.Number?.Packed));
        }
    }
}

/// <summary>Keeps failed records of such outcomes where possible, and returns the outcomes of the others.</summary>
internal delegate ReadOnlySpan<ForwardedOutcome> KeepFailed(ReadOnlySpan<ForwardedOutcome> ends);

/// <summary>The outcome of a record that was forwarded to another process. It may be unknown.</summary>
/// <param name="Member">The sink and index that its outcome goes to.</param>
/// <param name="Charge">Its charge against the memory limit here.</param>
/// <param name="Result">Its outcome, with the record itself where it was not delivered.</param>
/// <param name="Number">The producer number that it was forwarded with, where it was not delivered; null where it had none.</param>
internal readonly record struct ForwardedOutcome(MemberRef Member, long Charge, RecordResult Result, ProducerNumber? Number = null);
