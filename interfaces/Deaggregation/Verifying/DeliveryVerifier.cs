using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl;

/// <summary>
/// Proves delivery: from the producer numbers that a consumer reads, it finds which records are missing, which came twice and which came out of order.
/// <c>kpl verify</c> is built on it. Methods may be called from many threads; note the records of each shard in their order.
/// </summary>
/// <remarks>
/// It keeps ranges and not each number: some 250 bytes for a line, and 200 for each thousand numbers of which some are missing. Beyond 100,000 lines, or
/// 300,000 such thousands, it reports how much it could not judge. A number below 0 or from 2^44 on counts as none.
/// </remarks>
public sealed class DeliveryVerifier
{
    private const long MostNumber = 1L << 44;

    private readonly Lock _lock = new();
    private readonly DeliveryWindow _window;
    private readonly int _lineLimit;
    private readonly PartBudget _budget;
    private readonly Dictionary<(ulong Producer, int Line), VerifiedLine> _lines = [];
    private readonly Dictionary<string, VerifiedShard> _shards = new(StringComparer.Ordinal);
    private readonly HashSet<ProducerNumber> _failed = [];
    private readonly List<NumberRange> _came = [];

    // The latest range of each line: shards are read beside each other, and their lines' faults come in turns.
    private readonly Dictionary<(DeliveryFault Fault, ulong Producer, int Line), int> _latest = [];

    private VerifiedLine? _line;
    private long _records;
    private long _notOurs;
    private long _unchecked;

    /// <summary>Creates a verifier.</summary>
    /// <param name="window">Which records it judges.</param>
    /// <exception cref="ArgumentException">The window ends before it begins, or its time-to-live is below 0.</exception>
    public DeliveryVerifier(DeliveryWindow window)
        : this(window, lines: 100_000, parts: 300_000)
    {
    }

    internal DeliveryVerifier(DeliveryWindow window, int lines, int parts)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (window.To < window.From || window.RecordTtl < TimeSpan.Zero)
            throw new ArgumentException($"{window} ends before it begins, or its RecordTtl is below 0", nameof(window));
        (_window, _lineLimit, _budget) = (window, lines, new PartBudget(parts));
    }

    /// <summary>The maximum number of lines in a report, and of ranges for each fault; duplicates and records out of order share one maximum.</summary>
    public const int MostListed = 1_000;

    /// <summary>Notes the parents of a shard, so that order is judged across a reshard. Call it before the first record of the shard is noted.</summary>
    /// <param name="shardId">The shard.</param>
    /// <param name="parents">Its parents, as <c>ListShards</c> names them.</param>
    public void NoteShard(string shardId, params IEnumerable<string> parents)
    {
        ArgumentNullException.ThrowIfNull(shardId);
        ArgumentNullException.ThrowIfNull(parents);
        lock (_lock)
        {
            var shard = ShardOf(shardId);
            shard.Parents.AddRange(parents.Select(ShardOf).Where(parent => parent != shard && !parent.Before().Contains(shard)));
        }
    }

    /// <summary>Notes a record.</summary>
    /// <param name="number">Its producer number; null where it has none.</param>
    /// <param name="shardId">The shard that it was read from.</param>
    /// <param name="arrivedAt">
    /// Its <c>ApproximateArrivalTimestamp</c>. What lies outside <see cref="DeliveryWindow.ReadFrom"/> and <see cref="DeliveryWindow.ReadTo"/> is ignored.
    /// </param>
    public void Note(ProducerNumber? number, string shardId, DateTimeOffset arrivedAt)
    {
        ArgumentNullException.ThrowIfNull(shardId);
        if (arrivedAt < _window.ReadFrom || arrivedAt > _window.ReadTo)
            return;
        lock (_lock)
        {
            var counts = arrivedAt >= _window.From && arrivedAt < _window.To;
            _records += counts ? 1 : 0;
            if (number is not { Number: >= 0 and < MostNumber } known)
                _notOurs += counts ? 1 : 0;
            else if (LineOf((known.Producer, known.Line)) is not { } line)
                _unchecked += counts ? 1 : 0;
            else if (line.Note(known.Number, ShardOf(shardId), arrivedAt) is { } fault)
                Remember(new NumberRange(fault, known.Producer, known.Line, known.Number, known.Number));
        }
    }

    /// <summary>Notes that a record ended without success, so that its number is not missing: call it for failed results and dead letters.</summary>
    /// <param name="number">Its producer number.</param>
    public void NoteFailed(ProducerNumber number)
    {
        lock (_lock)
            _failed.Add(number);
    }

    /// <summary>
    /// Notes the last number that a producer gave in a line, as <c>IStreamAdmin.GetLastNumbersAsync</c> reports it: numbers up to it that do not come are
    /// missing too. It counts if all records are noted that the stream had a time-to-live later. A later call for the line replaces it.
    /// </summary>
    /// <param name="last">The last number of the line.</param>
    /// <param name="begunAt">When the first number of the line was given, or an earlier instant.</param>
    /// <param name="givenAt">When the last number was given, or a later instant. It has no effect from the end of the window on.</param>
    /// <param name="isInBacklog">Whether the producer has records in its backlog: then the line's numbers may come at any time.</param>
    public void NoteLast(ProducerNumber last, DateTimeOffset begunAt, DateTimeOffset givenAt, bool isInBacklog = false)
    {
        if (last.Number is < 0 or >= MostNumber)
            return;
        lock (_lock)
        {
            if (LineOf((last.Producer, last.Line)) is { } line)
                line.Told = new ToldNumber(last.Number, begunAt, givenAt, isInBacklog);
            else if (_window.BeginsBy(givenAt) && _window.EndsAfter(givenAt))
                _unchecked++;
        }
    }

    /// <summary>Returns the findings so far. More records may be noted afterwards.</summary>
    /// <param name="asOf">How far the stream was read, in the time of arrival timestamps: usually now.</param>
    public DeliveryReport GetReport(DateTimeOffset asOf)
    {
        lock (_lock)
        {
            List<NumberRange> gaps = [];
            var told = new int[3];
            var failed = _failed.ToLookup(static n => (n.Producer, n.Line), static n => n.Number);
            List<DeliveryLine> lines = [.. _lines.Values.Select(l => l.Report(asOf, [.. failed[l.Key].Order()], Found))
                .Where(static l => l.Records + l.Missing + l.Failed + l.UnderWay > 0)];
            return new DeliveryReport
            {
                Records = _records, NotOurs = _notOurs, Missing = lines.Sum(static l => l.Missing), Failed = lines.Sum(static l => l.Failed),
                UnderWay = lines.Sum(static l => l.UnderWay), CameAfter = lines.Sum(static l => l.CameAfter),
                Duplicates = lines.Sum(static l => l.Duplicates), OutOfOrder = lines.Sum(static l => l.OutOfOrder),
                Unchecked = _unchecked + lines.Sum(static l => l.Unchecked),
                Producers = lines.DistinctBy(static l => l.Producer).Count(), LineCount = lines.Count,
                LinesBegunBefore = lines.Count(static l => l.BeginsBefore), LinesWithoutEnd = lines.Count(static l => !l.IsEndKnown),
                LinesGoingOn = lines.Count(static l => !l.IsEndKnown && l.GoesOn),
                LinesInBacklog = lines.Count(static l => l.IsInBacklog && l.UnderWay > 0),
                Lines = [.. lines.OrderByDescending(static l => l.Missing).ThenByDescending(static l => l.UnderWay + l.Failed + l.Duplicates + l.OutOfOrder)
                    .ThenBy(static l => l.Producer).ThenBy(static l => l.Line).Take(MostListed)],
                Faults = [.. gaps.Concat(_came).OrderBy(static f => (f.Fault, f.Producer, f.Line, f.First))],
            };

            void Found(NumberRange range)
            {
                if (told[(int)range.Fault]++ < MostListed)
                    gaps.Add(range);
            }
        }
    }

    private void Remember(NumberRange range)
    {
        var line = (range.Fault, range.Producer, range.Line);
        if (_latest.TryGetValue(line, out var latest) && _came[latest].Last + 1 == range.First)
        {
            _came[latest] = _came[latest] with { Last = range.Last };
        }
        else if (_came.Count < MostListed)
        {
            _latest[line] = _came.Count;
            _came.Add(range);
        }
    }

    /// <summary>The line of these numbers; null where there are too many others.</summary>
    private VerifiedLine? LineOf((ulong Producer, int Line) key)
    {
        if (_line?.Key == key)
            return _line;
        if (!_lines.TryGetValue(key, out _line) && _lines.Count < _lineLimit)
            _lines[key] = _line = new VerifiedLine(key, _window, _budget);
        return _line;
    }

    private VerifiedShard ShardOf(string shardId)
    {
        if (!_shards.TryGetValue(shardId, out var shard))
            _shards[shardId] = shard = new VerifiedShard();
        return shard;
    }
}
