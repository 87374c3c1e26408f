namespace Orleans.Kpl;

/// <summary>
/// Recognises records that were seen before, by their producer numbers. A producer sends a record again when it does not know whether Kinesis has it, so a
/// consumer may get it twice. Methods may be called from many threads; use one filter for all shards of a stream, because a reshard may bring the second
/// copy through another shard.
/// </summary>
/// <remarks>
/// It knows what it has seen since it was created. After a restart of the consumer, records from before it are new again. If it cannot know, it treats a
/// record as new: better twice than never.
/// </remarks>
public sealed class DuplicateFilter
{
    private readonly Lock _lock = new();
    private readonly int _lineLimit;
    private readonly int _window;
    private readonly Dictionary<(ulong Producer, int Line), LinkedListNode<SeenLine>> _lines = [];
    private readonly LinkedList<SeenLine> _byUse = [];

    /// <summary>Creates a filter.</summary>
    /// <param name="lines">
    /// How many lines of numbers are remembered; the one unused for longest is forgotten first. A producer has about one for each shard, and new
    /// ones after it starts again or a shard is split. Default 10,000; at least 1.
    /// </param>
    /// <param name="window">
    /// How many numbers below the highest of a line are remembered, one bit each, as far as they are needed. A copy whose number is lower than that is
    /// treated as new. Default 65,536; at least 64, a multiple of 64.
    /// </param>
    public DuplicateFilter(int lines = 10_000, int window = 65_536)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lines, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 64);
        ArgumentOutOfRangeException.ThrowIfNotEqual(window % 64, 0, nameof(window));
        (_lineLimit, _window) = (lines, window);
    }

    /// <summary>Notes a record, and returns whether it is new. A record without a number always is.</summary>
    /// <param name="number">The producer number of the record.</param>
    public bool IsNew(ProducerNumber? number)
    {
        if (number is not { } known)
            return true;
        lock (_lock)
            return LineOf((known.Producer, known.Line)).Note(known.Number, _window);
    }

    private SeenLine LineOf((ulong Producer, int Line) key)
    {
        if (_lines.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value;
        }

        if (_lines.Count == _lineLimit)
        {
            _lines.Remove(_byUse.Last!.Value.Key);
            _byUse.RemoveLast();
        }

        _lines[key] = node = _byUse.AddFirst(new SeenLine(key));
        return node.Value;
    }

    /// <summary>The numbers seen of one line: all below a mark that came without a gap, and a ring of bits from there.</summary>
    private sealed class SeenLine((ulong Producer, int Line) key)
    {
        private ulong[] _bits = new ulong[1];

        // The bit of the first number that is in the ring; all earlier ones are known as seen or forgotten.
        private long _first = -1;
        private long _next;

        public (ulong Producer, int Line) Key => key;

        public bool Note(long number, int window)
        {
            // No producer counts that far. The end of the number's word would overflow, and new numbers would be taken for repeats.
            if (number is < 0 or > long.MaxValue - 64)
                return true;
            // The first that is seen need not be the lowest: without order, earlier ones may come after it.
            if (_first < 0)
                _first = _next = Math.Max(0, (number & ~63L) + 64 - window);
            if (number < _first)
                return true;
            if (number >= _next)
                Extend(number, window);
            ref var word = ref _bits[(int)(number / 64 % _bits.Length)];
            var bit = 1UL << (int)(number % 64);
            var isNew = (word & bit) == 0;
            word |= bit;
            return isNew;
        }

        /// <summary>Makes room up to a number: the ring grows up to the window, then the oldest are forgotten.</summary>
        private void Extend(long number, int window)
        {
            var end = (number & ~63L) + 64;
            while (end - _first > _bits.Length * 64L && _bits.Length * 64L < window)
                Grow(window);
            if (end - _first > _bits.Length * 64L)
            {
                var first = end - (_bits.Length * 64L);
                for (var word = Math.Max(_first, first - (_bits.Length * 64L)); word < first; word += 64)
                    _bits[(int)(word / 64 % _bits.Length)] = 0;
                _first = first;
            }

            _next = end;
        }

        private void Grow(int window)
        {
            var larger = new ulong[(int)Math.Min(_bits.Length * 2L, window / 64)];
            for (var word = _first; word < _next; word += 64)
                larger[(int)(word / 64 % larger.Length)] = _bits[(int)(word / 64 % _bits.Length)];
            _bits = larger;
        }
    }
}
