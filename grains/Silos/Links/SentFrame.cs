using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Links;

/// <summary>A frame that was sent, or is being sent, until each of its records has its outcome or has come back.</summary>
/// <param name="frame">The records.</param>
/// <param name="first">The number of the first one.</param>
/// <param name="at">When it was given to the link.</param>
/// <param name="turn">The tenure it belongs to, on ordered streams.</param>
internal sealed class SentFrame(QueuedFrame frame, long first, long at, OwnerTenure? turn = null)
{
    private int _unanswered;
    private readonly bool[] _ended = new bool[frame.Records.Length];
    private int _open = frame.Records.Length;
    private Dictionary<int, AttemptChain?>? _givenBack;

    public QueuedFrame Frame => frame;

    /// <summary>The number of its first record.</summary>
    public long First => first;

    public long End => first + frame.Records.Length;

    /// <summary>The tenure it belongs to, on ordered streams.</summary>
    public OwnerTenure? Turn => turn;

    /// <summary>When it was given to the link.</summary>
    public long At => at;

    /// <summary>Whether each of its records has its outcome or has come back.</summary>
    public bool IsSettled => _open == 0;

    /// <summary>Whether the owner may have it: it said so, or a call has no answer.</summary>
    public bool MayBeThere => _unanswered > 0;

    /// <summary>Whether the owner said that it has it.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>Whether a record ended without word of the owner, which may still have it.</summary>
    public bool IsGivenUp { get; private set; }

    /// <summary>The number of records that came back.</summary>
    public int GivenBack => _givenBack?.Count ?? 0;

    /// <summary>Notes that a call carries it.</summary>
    public void BeginTry() => _unanswered++;

    /// <summary>Notes the answer of a call: whether the owner has it.</summary>
    public void Answered(bool isTaken)
    {
        IsTaken |= isTaken;
        if (!isTaken)
            _unanswered--;
    }

    /// <summary>Marks a record as complete although the owner has not told its outcome. False when it was complete before.</summary>
    public bool TryGiveUp(int place)
    {
        if (!TryEnd(place))
            return false;
        IsGivenUp |= MayBeThere;
        return true;
    }

    /// <summary>Whether a record has neither its outcome nor come back.</summary>
    public bool IsOpen(int place) => !_ended[place];

    /// <summary>Marks a record as complete. False when it was complete before: outcomes may arrive twice.</summary>
    public bool TryEnd(int place)
    {
        if (_ended[place])
            return false;
        _ended[place] = true;
        _open--;
        return true;
    }

    /// <summary>Marks a record that was just completed as come back instead.</summary>
    public void GiveBack(int place, IReadOnlyList<Attempt> attempts)
    {
        var history = frame.Records[place].History;
        foreach (var attempt in attempts)
            history = history?.Then(attempt) ?? new AttemptChain(attempt);
        (_givenBack ??= [])[place] = history;
    }

    /// <summary>
    /// Takes back a record of an ordered stream's backlog, to be sent again before all others. It is allowed to appear twice, but not behind
    /// newer ones. False for other records, and when it was complete before.
    /// </summary>
    public bool TryGiveBackStored(int place)
    {
        if (turn is null || frame.Records[place].Member.Sink.Counting != Counting.MemoryOnly || !TryEnd(place))
            return false;
        GiveBack(place, []);
        return true;
    }

    /// <summary>Adds the records that came back since the last call to a queue, in their order.</summary>
    public void AddGivenBackTo(FrameQueue queue)
    {
        if (_givenBack is not { } back)
            return;
        _givenBack = null;
        var place = 0;
        frame.ForEach((in IncomingRecord record) =>
        {
            if (back.TryGetValue(place++, out var history))
                queue.Add(record.After(history));
        });
    }
}

/// <summary>Records that came back.</summary>
internal static class ReturnedRecords
{
    /// <summary>Returns a record with more attempts; it does not linger again.</summary>
    public static IncomingRecord After(this in IncomingRecord record, AttemptChain? history) => new()
    {
        PartitionKey = record.PartitionKey, HashKey = record.HashKey, HasExplicitHashKey = record.HasExplicitHashKey, Data = record.Data,
        Member = record.Member, History = history, Number = record.Number, IsDueAtOnce = true,
    };
}
