using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Packed records, with the parts that are kept here until their outcomes are back. The bytes are already charged to the memory limit under
/// which they were accepted, so keeping them is not charged again.
/// </summary>
internal sealed class QueuedFrame(byte[] bytes, QueuedRecord[] records)
{
    private PackedRecords _packed;
    private PackedPlace[]? _places;
    private long? _earliestExpiry;

    public byte[] Bytes => bytes;

    public QueuedRecord[] Records => records;

    public long OldestAcceptedAt => records.Length == 0 ? long.MaxValue : records.Min(static r => r.Member.Sink.AcceptedAt);

    /// <summary>When the first of the records expires.</summary>
    public long EarliestExpiry => _earliestExpiry ??= records.Length == 0 ? long.MaxValue : records.Min(static r => r.Member.Sink.ExpiresAt);

    /// <summary>
    /// Returns the records' remaining terms, in the form of <see cref="RecordsFrame.Terms"/>. A record of the backlog may have longer than an
    /// owner takes: it tries for as long as it takes.
    /// </summary>
    public long[] TermsAt(long now)
    {
        var terms = new List<long>();
        for (var i = 0; i < records.Length; i++)
        {
            var sink = records[i].Member.Sink;
            var left = Math.Clamp(sink.ExpiresAt - now, 0, RecordsFrame.LongestTerm);
            var how = (records[i].IsDueAtOnce || sink.IsDueAtOnce ? RecordsFrame.WithoutLinger : 0) | (sink.IsAlone ? RecordsFrame.OfItsOwn : 0);
            // The owner does not know which attempts it had, and would have two more wrong shards take it.
            how |= RecordsFrame.TellWrongShards(sink.WrongShards + (records[i].History?.WrongShards ?? 0));
            if (i > 0 && terms[^2] == left && terms[^1] == how)
                terms[^3]++;
            else
                terms.AddRange([1, left, how]);
        }

        return [.. terms];
    }

    /// <summary>Returns the records' traces, in the form of <see cref="RecordsFrame.Traces"/>.</summary>
    public byte[]? Traces() => TraceRuns.Write(records, records.Length, static (r, i) => r[i].Member.TraceSpan());

    /// <summary>Returns a record as its caller gave it.</summary>
    public UserRecord RecordAt(int place)
    {
        // Parsed once: a frame may fail as a whole.
        if (_places is null)
            _places = (_packed = PackedRecords.Parse(bytes)).Places();
        return _packed.ToUserRecord(_places[place]);
    }

    /// <summary>Returns the producer number that a record carries; null where it has none.</summary>
    public ProducerNumber? NumberAt(int place)
    {
        _ = RecordAt(place);
        return _packed.NumberOf(_places![place]) is { } number ? number.Unpacked : null;
    }

    /// <summary>Routes the records that still have time again, in their order.</summary>
    public void RouteAgain(StreamPipeline stream, long ifLaterThan = long.MinValue) => ForEach((in IncomingRecord record) =>
    {
        if (record.Member.Sink.ExpiresAt > ifLaterThan)
            stream.Forwarding.RouteAgain(record);
    });

    /// <summary>Passes each record to an action, in their order.</summary>
    public void ForEach(RecordAction action)
    {
        var index = 0;
        foreach (var record in PackedRecords.Parse(bytes))
        {
            var held = records[index++];
            action(new IncomingRecord
            {
                PartitionKey = record.Key,
                HashKey = record.Hash!.Value,
                HasExplicitHashKey = record.IsExplicit,
                Data = record.Data.Span,
                Member = held.Member,
                History = held.History,
                IsDueAtOnce = held.IsDueAtOnce,
                Number = record.Number is { } number ? number.Unpacked : null,
            });
        }
    }

    public delegate void RecordAction(in IncomingRecord record);
}

/// <summary>The part of a packed record that is kept here: the member that gets its outcome, and its attempts so far.</summary>
internal readonly record struct QueuedRecord(MemberRef Member, AttemptChain? History, long Charge, bool IsDueAtOnce);
