using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Kpl.Pipeline.Backlog.Logs;

/// <summary>
/// Keeps records in the backlog that would otherwise fail because their time-to-live expires or their process stops. Applies where their stream or
/// caller requests it and the store takes them.
/// </summary>
internal sealed class BacklogFallback(BacklogContext context, GroupCommit commit, BacklogLogs logs, BacklogState state)
{
    private volatile bool _keepsAtStop = true;
    private volatile bool _isStopping;

    /// <summary>The rider of records that go to the backlog in need.</summary>
    public BacklogRider InNeed => field ??= new BacklogRider(this, BacklogUse.InNeed);

    /// <summary>The rider of records whose caller asked for the backlog.</summary>
    public BacklogRider Asked => field ??= new BacklogRider(this, BacklogUse.Asked);

    /// <summary>From now on records fail because their process stops: see <see cref="BacklogState.KeepsAtStop"/>.</summary>
    public void BeginStop() => (_keepsAtStop, _isStopping) = (state.KeepsAtStop, true);

    /// <summary>Keeps a record that would fail. Returns false where it is not kept. Its memory stays charged until it is written.</summary>
    public bool TryKeep(MemberRef member, in AggregateMember content, FailureReason reason)
    {
        if (!IsKept(reason.Code) || !state.TakesMore)
            return false;
        // In an ordered stream the record would follow records that were accepted later.
        if (context.Settings.KeepsOrder && (reason.Code == RecordErrorCodes.Expired || !_keepsAtStop))
            return false;
        logs.Open();
        var record = content.AsRecord(member, history: null);
        var fate = HadWrongShard(reason.Attempts) ? PendingFate.ParkAlone : PendingFate.Park;
        if (!commit.TryAdd(record, context.ToUnix(member.Sink.AcceptedAt), fate))
            return false;
        context.Services.Instruments.Spilled(context.Stream, 1);
        return true;
    }

    /// <summary>
    /// Keeps failed records of another process' outcomes where possible, and returns the outcomes of the others, explained as those of records that end here.
    /// In an ordered stream that process may have stopped while this one goes on: what it ended would follow records that were accepted later.
    /// </summary>
    public ReadOnlySpan<ForwardedOutcome> KeepFailed(ReadOnlySpan<ForwardedOutcome> ends)
    {
        var mayKeep = !context.Settings.KeepsOrder || _isStopping;
        List<ForwardedOutcome>? others = null;
        for (var i = 0; i < ends.Length; i++)
        {
            var end = ends[i];
            if (end.Result is { Status: RecordStatus.Failed or RecordStatus.Unknown, Record: { } record }
                && end.Member.Sink.OutcomeRider is { CountsMemoryOnly: false } rider)
            {
                var (content, reason) = (ContentOf(record, end.Number), ReasonOf(end.Result));
                var isKept = mayKeep && rider.TryKeep(end.Member, content, reason);
                var told = isKept ? reason : rider.Explain(reason);
                if (isKept || told != reason)
                    others ??= [.. ends[..i]];
                if (isKept)
                    continue;
                end = told == reason ? end : end with { Result = content.NotDelivered(told.Status, told.Code, told.Message, told.Attempts) };
            }

            others?.Add(end);
        }

        return others is null ? ends : CollectionsMarshal.AsSpan(others);
    }

    /// <summary>Explains why a record fails that its caller asked to keep: for want of space in the backlog, where that is so.</summary>
    public FailureReason Explain(FailureReason reason)
    {
        if (!IsKept(reason.Code) || !state.IsFull)
            return reason;
        return reason with { Code = RecordErrorCodes.BacklogFull, Message = $"the backlog is full ({state.WhyFull}), and {reason.Message}" };
    }

    private static bool IsKept(string code) => code is RecordErrorCodes.Expired or RecordErrorCodes.Shutdown;

    /// <summary>Returns what a record is that another process ended.</summary>
    public static AggregateMember ContentOf(UserRecord record, ProducerNumber? number) =>
        new(Encoding.UTF8.GetBytes(record.PartitionKey), record.ExplicitHashKey, record.Data, number);

    /// <summary>Returns why it ended.</summary>
    public static FailureReason ReasonOf(in RecordResult result) =>
        new(null, [.. result.Attempts], result.Status, result.ErrorCode!, result.ErrorMessage);

    /// <summary>Whether a wrong shard took a record that had these attempts.</summary>
    public static bool HadWrongShard(IReadOnlyList<Attempt> attempts) => attempts.Any(static a => a.ErrorCode == RecordErrorCodes.WrongShard);
}

/// <summary>Keeps records in the backlog that would otherwise fail. All puts of a stream that use it alike share one.</summary>
internal sealed class BacklogRider(BacklogFallback fallback, BacklogUse use) : IOutcomeRider
{
    public bool TryKeep(MemberRef member, in AggregateMember content, FailureReason reason) => fallback.TryKeep(member, content, reason);

    public FailureReason Explain(FailureReason reason) => use == BacklogUse.Asked ? fallback.Explain(reason) : reason;

    public bool MayComeAgain(in RecordResult result) => result is { Status: RecordStatus.Failed, ErrorCode: RecordErrorCodes.Shutdown };
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
