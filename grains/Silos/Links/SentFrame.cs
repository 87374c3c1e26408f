using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Silos.Links;

/// <summary>A frame that was sent, or is being sent, until each of its records has its outcome or has come back.</summary>
internal sealed class SentFrame(QueuedFrame frame, long first, OwnerTenure? turn = null)
{
    private readonly bool[] _ended = new bool[frame.Records.Length];
    private int _open = frame.Records.Length;
    private Dictionary<int, AttemptChain?>? _givenBack;

    public QueuedFrame Frame => frame;

    /// <summary>The number of its first record.</summary>
    public long First => first;

    public long End => first + frame.Records.Length;

    /// <summary>The tenure it belongs to, on ordered streams.</summary>
    public OwnerTenure? Turn => turn;

    /// <summary>Whether each of its records has its outcome or has come back.</summary>
    public bool IsSettled => _open == 0;

    /// <summary>The number of records that came back.</summary>
    public int GivenBack => _givenBack?.Count ?? 0;

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
            history = new AttemptChain(attempt, history);
        (_givenBack ??= [])[place] = history;
    }

    /// <summary>Adds the records that came back to a queue, in their order.</summary>
    public void AddGivenBackTo(FrameQueue queue)
    {
        if (_givenBack is not { } back)
            return;
        var place = 0;
        frame.ForEach((in IncomingRecord record) =>
        {
            if (back.TryGetValue(place++, out var history))
                queue.Add(record.After(history));
        });
    }
}
