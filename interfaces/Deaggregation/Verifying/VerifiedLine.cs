namespace Orleans.Kpl.Deaggregation;

/// <summary>What was seen of one line of producer numbers.</summary>
internal sealed class VerifiedLine((ulong Producer, int Line) key, DeliveryWindow window, PartBudget budget)
{
    private readonly NumberSet _seen = new(budget);
    private readonly List<(VerifiedShard Shard, long Highest)> _order = [];
    private int _orderUsed;
    private long _lowest = long.MaxValue;
    private long _before = -1;
    private long _first = long.MaxValue;
    private long _last = -1;

    // The highest number that arrived long ago, and those of the two latest spans of a time-to-live with the time of their last record.
    private long _settled = -1;
    private (DateTimeOffset At, long Highest) _former = (DateTimeOffset.MaxValue, -1);
    private (DateTimeOffset Start, DateTimeOffset At, long Highest) _current = (default, default, -1);

    public (ulong Producer, int Line) Key => key;

    /// <summary>How many records of the window it has, copies included.</summary>
    public long Records { get; private set; }

    public long Duplicates { get; private set; }

    public long OutOfOrder { get; private set; }

    public long Unchecked { get; private set; }

    /// <summary>Notes a record, and tells what is wrong with it.</summary>
    public DeliveryFault? Note(long number, VerifiedShard shard, DateTimeOffset arrivedAt)
    {
        var isNew = _seen.Add(number);
        if (arrivedAt >= window.To)
            return null;
        _lowest = Math.Min(_lowest, number);
        var isLate = Follow(shard, number) && isNew == true;
        if (arrivedAt < window.From)
        {
            // What was accepted after such a record cannot have come before all that was read.
            if (arrivedAt >= window.Before(1))
                _before = Math.Max(_before, number);
            return null;
        }

        Records++;
        (_first, _last) = (Math.Min(_first, number), Math.Max(_last, number));
        Settle(number, arrivedAt);
        if (isNew is null)
            Unchecked++;
        if (isNew == false)
            Duplicates++;
        if (isLate)
            OutOfOrder++;
        return isNew == false ? DeliveryFault.Duplicate : isLate ? DeliveryFault.OutOfOrder : null;
    }

    /// <summary>Tells what became of the line.</summary>
    /// <param name="failed">The numbers of the line that ended without success, in their order.</param>
    public DeliveryLine Report(DateTimeOffset asOf, IReadOnlyList<long> failed, Action<NumberRange> found)
    {
        var (sums, place, settled) = (new long[3], 0, SettledAt(asOf));
        var first = window.IsFromCreation ? 0 : _before >= 0 && _before < _first ? _before + 1 : _first;
        foreach (var gap in _seen.Gaps(first, _last))
        {
            var next = gap.First;
            for (; place < failed.Count && failed[place] <= gap.Last; place++)
            {
                if (failed[place] < gap.First)
                    continue;
                Add(next, failed[place] - 1);
                Tell(DeliveryFault.Failed, failed[place], failed[place]);
                next = failed[place] + 1;
            }

            Add(next, gap.Last);
        }

        return new DeliveryLine
        {
            Producer = key.Producer, Line = key.Line, First = _first, Last = _last, Records = Records, Missing = sums[(int)DeliveryFault.Missing],
            Failed = sums[(int)DeliveryFault.Failed], UnderWay = sums[(int)DeliveryFault.UnderWay], Duplicates = Duplicates, OutOfOrder = OutOfOrder,
            Unchecked = Unchecked + _seen.Forgotten, BeginsBefore = _lowest > 0 && !window.IsFromCreation,
        };

        // What has the number of a record that came long ago behind it was accepted before that, and its time is over.
        void Add(long from, long to)
        {
            Tell(DeliveryFault.Missing, from, Math.Min(to, settled));
            Tell(DeliveryFault.UnderWay, Math.Max(from, settled + 1), to);
        }

        void Tell(DeliveryFault fault, long from, long to)
        {
            if (from > to)
                return;
            sums[(int)fault] += to - from + 1;
            found(new NumberRange(fault, key.Producer, key.Line, from, to));
        }
    }

    /// <summary>Whether the shard, or one before it, had a higher number.</summary>
    private bool Follow(VerifiedShard shard, long number)
    {
        if (_orderUsed >= _order.Count || _order[_orderUsed].Shard != shard)
            _orderUsed = _order.FindIndex(o => o.Shard == shard);
        if (_orderUsed < 0)
        {
            _orderUsed = _order.Count;
            var inherited = _order.Where(o => shard.Follows(o.Shard)).Select(static o => o.Highest).DefaultIfEmpty(-1).Max();
            _order.Add((shard, inherited));
        }

        var highest = _order[_orderUsed].Highest;
        _order[_orderUsed] = (shard, Math.Max(highest, number));
        return number < highest;
    }

    private void Settle(long number, DateTimeOffset arrivedAt)
    {
        if (arrivedAt > _current.Start + window.RecordTtl)
        {
            _settled = Math.Max(_settled, _former.Highest);
            _former = (_current.At, _current.Highest);
            _current = (arrivedAt, arrivedAt, number);
        }

        _current = _current with { At = Later(_current.At, arrivedAt), Highest = Math.Max(_current.Highest, number) };
    }

    private long SettledAt(DateTimeOffset asOf)
    {
        var until = asOf - window.RecordTtl;
        var settled = _former.At <= until ? Math.Max(_settled, _former.Highest) : _settled;
        return _current.At <= until ? Math.Max(settled, _current.Highest) : settled;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}

/// <summary>A shard that records were read from, and those that it took over from.</summary>
internal sealed class VerifiedShard
{
    public List<VerifiedShard> Parents { get; } = [];

    public bool Follows(VerifiedShard other) => Parents.Exists(parent => parent == other || parent.Follows(other));
}
