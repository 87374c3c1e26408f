using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

/// <summary>The state that a <see cref="MemoryBacklogStore"/> keeps for one log.</summary>
internal sealed class MemoryLogState
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, byte[]> _segments = [];
    private readonly Dictionary<long, byte[]> _setAside = [];
    private byte[] _progress = [];
    private long _highest;

    /// <summary>The log's owner; 0 for none.</summary>
    public int Owner { get; private set; }

    public int AppendCount { get; private set; }

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _segments.Count == 0;
        }
    }

    /// <summary>Opens the log for a new owner: all others can write no more.</summary>
    public (int Owner, IReadOnlyList<SegmentEntry> Found, long Next, byte[] Progress) Open()
    {
        lock (_lock)
            return (++Owner, [.. _segments.Select(static s => SegmentHeader.EntryOf(s.Key, s.Value.Length, s.Value))], _highest + 1, _progress);
    }

    public void Append(int owner, long number, ReadOnlySpan<byte> segment)
    {
        lock (_lock)
        {
            CheckOwner(owner);
            if (_segments.TryGetValue(number, out var there))
            {
                if (!segment.SequenceEqual(there))
                    throw new BacklogFencedException($"number {number} was written by another");
                return;
            }

            _segments.Add(number, segment.ToArray());
            _highest = Math.Max(_highest, number);
            AppendCount++;
        }
    }

    public byte[]? Read(long number)
    {
        lock (_lock)
            return _segments.GetValueOrDefault(number)?.ToArray();
    }

    public void Save(int owner, ReadOnlySpan<byte> progress)
    {
        lock (_lock)
        {
            CheckOwner(owner);
            _progress = progress.ToArray();
        }
    }

    public void Remove(int owner, IReadOnlyList<long> numbers)
    {
        lock (_lock)
        {
            CheckOwner(owner);
            foreach (var number in numbers)
                _segments.Remove(number);
        }
    }

    public void SetAside(int owner, long number)
    {
        lock (_lock)
        {
            CheckOwner(owner);
            if (_segments.Remove(number, out var bytes))
                _setAside[number] = bytes;
        }
    }

    public void Replace(long number, byte[] bytes)
    {
        lock (_lock)
            _segments[number] = bytes;
    }

    public void Lose(long number)
    {
        lock (_lock)
            _segments.Remove(number);
    }

    public Dictionary<long, byte[]> Segments()
    {
        lock (_lock)
            return new(_segments);
    }

    public Dictionary<long, byte[]> SetAside()
    {
        lock (_lock)
            return new(_setAside);
    }

    private void CheckOwner(int owner)
    {
        if (owner != Owner)
            throw new BacklogFencedException("the log was opened by another");
    }
}
