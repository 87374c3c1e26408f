namespace Orleans.Kpl.Simulation.Scale;

/// <summary>
/// What became of each record of a scale run, and how often a consumer sees it: two bytes for a record, instead of the ticket that other histories
/// keep.
/// </summary>
internal sealed class ScaleRecords(World world)
{
    private const int Most = 255;

    private byte[] _ends = new byte[1 << 20];
    private byte[] _visible = new byte[1 << 20];

    /// <summary>Records that were put.</summary>
    public int Count { get; private set; }

    /// <summary>Records whose outcome was told more than once.</summary>
    public long ToldTwice { get; private set; }

    /// <summary>Copies that consumers do not see, since a member of their aggregate lies outside the shard.</summary>
    public long Unseen { get; private set; }

    /// <summary>What happens to the cluster at the moment, for errors.</summary>
    public string Phase { get; set; } = "in calm";

    /// <summary>Errors of outcomes, by stream and phase, and how many there were of each.</summary>
    public SortedDictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>Returns the number of the first of so many new records.</summary>
    public int Add(int count)
    {
        var first = Count;
        Count += count;
        if (Count > _ends.Length)
        {
            Array.Resize(ref _ends, _ends.Length * 2);
            Array.Resize(ref _visible, _visible.Length * 2);
        }

        return first;
    }

    /// <summary>Notes an outcome.</summary>
    public void End(string stream, int number, in RecordResult result)
    {
        if (_ends[number] != (byte)RecordStatus.None)
            ToldTwice++;
        _ends[number] = (byte)result.Status;
        if (result.Status == RecordStatus.Delivered)
            return;
        var error = $"{result.ErrorCode} of {stream} {Phase}";
        Errors[error] = Errors.GetValueOrDefault(error) + 1;
    }

    /// <summary>Notes a copy that a shard took.</summary>
    public void Stored(long number, bool isVisible)
    {
        if (!isVisible)
            Unseen++;
        else if (_visible[number] < Most)
            _visible[number]++;
    }

    /// <summary>Counts the outcomes, and finds records whose outcome is not what consumers see.</summary>
    public ScaleOutcomes Judge()
    {
        var (counts, copies, lost) = (new long[8], 0L, 0L);
        for (var number = 0; number < Count; number++)
        {
            counts[_ends[number]]++;
            copies += Math.Max(0, _visible[number] - 1);
            if (_ends[number] == (byte)RecordStatus.Delivered && _visible[number] == 0)
                world.Violate($"record {number} was told delivered, and no consumer sees it");
            // Their caller died with its process, in the zone that was lost; whether Kinesis has them, nobody was told.
            lost += _ends[number] == (byte)RecordStatus.None ? 1 : 0;
        }

        if (ToldTwice > 0)
            world.Violate($"{ToldTwice} outcomes were told twice");
        return new ScaleOutcomes(
            Count, counts[(int)RecordStatus.Delivered], counts[(int)RecordStatus.Failed], counts[(int)RecordStatus.Unknown], lost, copies, Unseen);
    }
}

/// <summary>What became of the records of a scale run.</summary>
/// <param name="Put">Records that were put.</param>
/// <param name="Delivered">Told delivered.</param>
/// <param name="Failed">Told failed.</param>
/// <param name="Unknown">Told unknown: their owner was lost.</param>
/// <param name="Untold">Not told, since their caller was lost with its silo.</param>
/// <param name="Duplicates">Copies that consumers see beyond the first of each record.</param>
/// <param name="Unseen">Copies that no consumer sees.</param>
internal sealed record ScaleOutcomes(long Put, long Delivered, long Failed, long Unknown, long Untold, long Duplicates, long Unseen);
