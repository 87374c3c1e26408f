using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Links;

/// <summary>A frame that was sent, or is being sent, until the last of its records has come to its end or back.</summary>
internal sealed class SentFrame(QueuedFrame frame, long first, OwnerTenure? turn = null)
{
    private readonly bool[] _ended = new bool[frame.Records.Length];
    private int _open = frame.Records.Length;
    private Dictionary<int, AttemptChain?>? _givenBack;

    public QueuedFrame Frame => frame;

    /// <summary>The number of its first record.</summary>
    public long First => first;

    public long End => first + frame.Records.Length;

    /// <summary>Whose turn it belongs to, on ordered streams.</summary>
    public OwnerTenure? Turn => turn;

    /// <summary>None of its records is there any more.</summary>
    public bool IsSettled => _open == 0;

    /// <summary>Records came back; how many.</summary>
    public int GivenBack => _givenBack?.Count ?? 0;

    /// <summary>False when the record had ended before: outcomes may come twice.</summary>
    public bool TryEnd(int place)
    {
        if (_ended[place])
            return false;
        _ended[place] = true;
        _open--;
        return true;
    }

    /// <summary>A record that has just ended is back instead.</summary>
    public void GiveBack(int place, IReadOnlyList<Attempt> attempts)
    {
        var history = frame.Records[place].History;
        foreach (var attempt in attempts)
            history = new AttemptChain(attempt, history);
        (_givenBack ??= [])[place] = history;
    }

    /// <summary>Adds what was given back to a queue, in its order.</summary>
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
