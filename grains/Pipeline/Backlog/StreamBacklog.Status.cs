using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>What is told of the backlog, and what other processes tell of its records.</summary>
internal sealed partial class StreamBacklog
{
    private double _formerUnits;

    /// <summary>A look from outside.</summary>
    public BacklogStatus Status
    {
        get
        {
            var books = Books.ToList();
            var oldest = books.Select(static b => b.OldestAt ?? long.MaxValue).DefaultIfEmpty(long.MaxValue).Min();
            var units = Volatile.Read(ref _formerUnits) + books.Sum(static b => b.Log.WriteUnits) + (DeadLetters?.WriteUnits ?? 0);
            return new BacklogStatus
            {
                Records = _accounts.Read().InBacklog,
                Segments = books.Sum(static b => (long)b.Segments),
                Bytes = books.Sum(static b => b.Bytes),
                OldestAge = oldest == long.MaxValue ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Max(0, Now - oldest)),
                IsSpilling = Spill is { IsOpen: true },
                StoreError = _commit.State == StoreState.Good ? OtherTrouble : _commit.Error,
                DeadLetters = DeadLetters?.Count ?? 0,
                DamagedSegments = Interlocked.Read(ref _damaged),
                WriteUnits = units,
                Cost = units * _store.WriteUnitPrice / 1_000_000,
            };
        }
    }

    /// <summary>Of ends that another process tells, those of records that go to the backlog instead are left out.</summary>
    public ReadOnlySpan<ForwardedEnd> KeepFailed(ReadOnlySpan<ForwardedEnd> ends)
    {
        List<ForwardedEnd>? others = null;
        for (var i = 0; i < ends.Length; i++)
        {
            ref readonly var end = ref ends[i];
            if (end.Result is { Status: RecordStatus.Failed or RecordStatus.Unknown, Record: { } record } && end.Member.Sink is not SegmentSink && TryKeep(ContentOf(record), end.Member, end.Result.ErrorCode!))
                others ??= [.. ends[..i]];
            else
                others?.Add(end);
        }

        return others is null ? ends : System.Runtime.InteropServices.CollectionsMarshal.AsSpan(others);
    }

    private static AggregateMember ContentOf(UserRecord record) =>
        new(System.Text.Encoding.UTF8.GetBytes(record.PartitionKey), record.ExplicitHashKey, record.Data);
}
