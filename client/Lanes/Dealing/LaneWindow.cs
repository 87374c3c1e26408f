namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>
/// The most messages in flight on one lane. It grows by one with each message that the silo takes, so that neither side waits while the other one pauses.
/// When the silo has no memory for a message, it starts again.
/// </summary>
internal sealed class LaneWindow
{
    private readonly int _first;
    private readonly int _most;
    private int _size;

    /// <param name="first">What it starts with.</param>
    /// <param name="most">What it grows to: so many messages may wait in the silo's queues before they are charged to its memory limit.</param>
    public LaneWindow(int first, int most) => (_first, _most, _size) = (first, most, first);

    public int Size => Volatile.Read(ref _size);

    /// <summary>The silo has taken a message.</summary>
    public void OnTaken() => Volatile.Write(ref _size, Math.Min(Size + 1, _most));

    /// <summary>The silo has no memory for a message.</summary>
    public void OnFull() => Volatile.Write(ref _size, _first);
}
