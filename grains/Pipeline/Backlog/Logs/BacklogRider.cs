using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>Keeps records in the backlog that would otherwise fail. All puts of a stream that use it alike share one.</summary>
internal sealed class BacklogRider(BacklogFallback fallback, BacklogUse use) : SinkRider
{
    public BacklogUse Use => use;

    public override bool TryKeep(MemberRef member, in AggregateMember content, ref FailureReason reason)
    {
        if (fallback.TryKeep(content, member, reason.Code, reason.Attempts))
            return true;
        reason = fallback.Explain(member.Sink, reason);
        return false;
    }

    public override bool MayComeAgain(in RecordResult result) => result is { Status: RecordStatus.Failed, ErrorCode: RecordErrorCodes.Shutdown };
}

/// <summary>How records that were accepted together use the backlog.</summary>
internal enum BacklogUse : byte
{
    /// <summary>They do not use it.</summary>
    None,

    /// <summary>They go to the backlog instead of expiring or being lost when the process stops: <see cref="HighWaterMode.Spill"/>.</summary>
    InNeed,

    /// <summary>Their caller asked for the backlog: <see cref="AckLevel.Persisted"/>.</summary>
    Asked,
}
