namespace Orleans.Kpl.Grains.Links;

/// <summary>A frame that was sent, or is being sent, until the last of its records has come to its end.</summary>
internal sealed class SentFrame(HeldFrame frame, long first)
{
    private readonly bool[] _ended = new bool[frame.Records.Length];
    private int _open = frame.Records.Length;

    public HeldFrame Frame => frame;

    /// <summary>The number of its first record.</summary>
    public long First => first;

    public long End => first + frame.Records.Length;

    public bool IsSettled => _open == 0;

    public bool HasEnded(int place) => _ended[place];

    /// <summary>False when the record had ended before: outcomes may come twice.</summary>
    public bool TryEnd(int place)
    {
        if (_ended[place])
            return false;
        _ended[place] = true;
        _open--;
        return true;
    }
}
