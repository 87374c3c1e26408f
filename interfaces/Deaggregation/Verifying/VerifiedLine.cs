namespace Orleans.Kpl.Deaggregation;

/// <summary>The numbers that were seen of one line.</summary>
internal sealed class VerifiedLine((ulong Producer, int Line) key, DeliveryWindow window, PartBudget budget)
{
    private readonly NumberSet _seen = new(budget);
    private readonly List<(VerifiedShard Shard, long Highest)> _order = [];
    private int _orderUsed;
    private long _lowest = long.MaxValue;
    private long _before = -1;
    private long _first = long.MaxValue;
    private long _last = -1;
    private NumberSet? _after;
    private long _lastAfter = -1;

    // The highest number that arrived long ago, and those of the two latest spans of a time-to-live with the time of their last record.
    private long _settled = -1;
    private (DateTimeOffset At, long Highest) _former = (DateTimeOffset.MaxValue, -1);
    private (DateTimeOffset Start, DateTimeOffset At, long Highest) _current = (default, default, -1);

    public (ulong Producer, int Line) Key => key;

    /// <summary>How far its producer tells that it goes; null where that is not known.</summary>
    public ToldNumber? Told { get; set; }

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
        {
            _lastAfter = Math.Max(_lastAfter, number);
            if (isNew == true)
                (_after ??= new(budget)).Add(number);
            return null;
        }

        _lowest = Math.Min(_lowest, number);
        var isLate = Follow(shard, number) && isNew == true;
        if (arrivedAt < window.From)
        {
            // A record accepted after such a one cannot have come before all that was read.
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
        var (sums, index, end) = (new long[3], 0, End());
        var settled = Told is { IsInBacklog: true } ? -1 : SettledAt(asOf);
        if (end is { IsInBacklog: false } && asOf - end.GivenAt >= window.RecordTtl + window.Slack)
            settled = Math.Max(settled, end.Last);
        var begins = window.IsFromCreation || (Told is { } told && window.BeginsBy(told.BegunAt));
        var last = Math.Max(_last, end?.Last ?? -1);
        // Where nothing came of a line that began before, it is only known of its last number that it belongs to the window.
        var first = begins ? 0 : _before >= 0 && _before < _first ? _before + 1 : Records > 0 ? _first : Math.Max(last, 0);
        foreach (var gap in _seen.Gaps(first, last))
        {
            var next = gap.First;
            while (index < failed.Count && failed[index] <= gap.Last)
            {
                var (from, to) = (failed[index], failed[index++]);
                if (from < gap.First)
                    continue;
                for (; index < failed.Count && failed[index] == to + 1 && to < gap.Last; index++)
                    to++;
                Add(next, from - 1);
                Tell(DeliveryFault.Failed, from, to);
                next = to + 1;
            }

            Add(next, gap.Last);
        }

        return new DeliveryLine
        {
            Producer = key.Producer, Line = key.Line, First = Records > 0 ? _first : first, Last = last, Records = Records,
            Missing = sums[(int)DeliveryFault.Missing], Failed = sums[(int)DeliveryFault.Failed], UnderWay = sums[(int)DeliveryFault.UnderWay],
            CameAfter = _after?.Count(first, last) ?? 0, Duplicates = Duplicates, OutOfOrder = OutOfOrder, Unchecked = Unchecked + _seen.Forgotten,
            BeginsBefore = _lowest > 0 && !begins, IsEndKnown = end is not null, GoesOn = Told is not null || _lastAfter > last,
            IsInBacklog = Told is { IsInBacklog: true },
        };

        // A record whose follower came long ago was accepted before that, and its time is over.
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
            var before = shard.Before();
            var inherited = _order.Where(o => before.Contains(o.Shard)).Select(static o => o.Highest).DefaultIfEmpty(-1).Max();
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

    /// <summary>The last number that was given in the window; null where it is not known, or none was.</summary>
    private ToldNumber? End() =>
        Told is { } told && window.EndsAfter(told.GivenAt) && (Records > 0 || window.BeginsBy(told.GivenAt)) ? told : null;

    private long SettledAt(DateTimeOffset asOf)
    {
        var until = asOf - window.RecordTtl;
        var settled = _former.At <= until ? Math.Max(_settled, _former.Highest) : _settled;
        return _current.At <= until ? Math.Max(settled, _current.Highest) : settled;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}

/// <summary>How far a producer tells that a line goes: see <see cref="DeliveryVerifier.NoteLast"/>.</summary>
internal sealed record ToldNumber(long Last, DateTimeOffset BegunAt, DateTimeOffset GivenAt, bool IsInBacklog);

/// <summary>A shard that records were read from, and those that it took over from.</summary>
internal sealed class VerifiedShard
{
    public List<VerifiedShard> Parents { get; } = [];

    /// <summary>All shards before it.</summary>
    /// <remarks>A range that was split and merged n times has 2^n ways back, so each shard is visited once.</remarks>
    public HashSet<VerifiedShard> Before()
    {
        HashSet<VerifiedShard> before = [];
        Stack<VerifiedShard> next = new(Parents);
        while (next.TryPop(out var shard))
        {
            if (before.Add(shard))
                shard.Parents.ForEach(next.Push);
        }

        return before;
    }
}
