using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// Hashes bodies. Where other work waits for a thread, a call leaves its body here and its thread goes on with that; behind it in the
/// line of the thread pool all bodies that were left are hashed side by side. No body waits for company that is not on its way: one without is
/// hashed at once, by the platform. So is one that is longer than its buffer, and so are those that are too few for lanes to be worth it, each on a
/// thread of its own.
/// </summary>
/// <param name="least">From how many bodies lanes are worth it. It is asked once, behind the first long body: a few records never pay for it.</param>
/// <param name="hash">Hashes bodies side by side.</param>
/// <param name="isFollowed">Whether others wait for a thread; null for the thread pool's.</param>
/// <param name="queue">Puts the hasher behind all that waits for a thread; null for the thread pool's line.</param>
internal sealed class BodyHasher(
    Func<int> least, Action<IReadOnlyList<LaneMessage>> hash, Func<bool>? isFollowed = null, Action<IThreadPoolWorkItem>? queue = null) : IThreadPoolWorkItem
{
    private const int LongBytes = 256 * 1024;

    // A smaller call costs more by itself than is gained where its body is hashed beside others.
    private const long SmallestPart = 128 * 1024;

    private readonly Func<int> _askLeast = least;
    private readonly Lock _lock = new();
    private readonly Func<bool> _isFollowed = isFollowed ?? (static () => ThreadPool.PendingWorkItemCount > 0);
    private readonly Action<IThreadPoolWorkItem> _queue = queue ?? (static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false));
    private readonly List<LeftBody> _left = [];
    private volatile int _least = LaneWorth.Never;
    private int _isAsked;

    /// <summary>
    /// Returns in how many bodies of one size so many bytes are best hashed. They are more than one where lanes are worth it, and as long as they take no
    /// more than half of the calls that may begin: where calls are slow, fewer and larger ones carry more.
    /// </summary>
    public int PartsOf(long bytes, int mayBegin) => _least != LaneWorth.Never && bytes >= Sha256Kernel.Lanes * SmallestPart
        ? Math.Clamp(mayBegin / 2, 1, Sha256Kernel.Lanes) : 1;

    /// <summary>Makes a hasher for this processor.</summary>
    /// <param name="usesLanes">Whether lanes may be used at all, unless the platform runs in FIPS mode.</param>
    public static BodyHasher Create(bool usesLanes) => MayUseLanes(usesLanes, FipsMode.IsOn)
        ? new BodyHasher(LaneWorth.Measure, Sha256Lanes.Hash)
        : new BodyHasher(static () => LaneWorth.Never, static _ => { });

    /// <summary>Whether lanes may be used.</summary>
    /// <param name="isWanted">What the settings say.</param>
    /// <param name="isFips">Whether only validated cryptography may be used here.</param>
    public static bool MayUseLanes(bool isWanted, bool isFips) => isWanted && !isFips;

    /// <summary>Completes when the body is hashed.</summary>
    public ValueTask HashAsync(PutRecordsBody body)
    {
        if (_least != LaneWorth.Never && body.ForLane is { } message && Leave(message) is { } left)
            return HashedAsync(body, left);
        body.HashAlone();
        if (body.Length >= LongBytes && Interlocked.Exchange(ref _isAsked, 1) == 0)
            _queue(new Question(this));
        return default;
    }

    /// <summary>Hashes bodies that were left: on one thread what fills its lanes.</summary>
    public void Execute()
    {
        var bodies = Take();
        var paysOff = bodies.Count >= _least;
        try
        {
            if (paysOff)
                hash(bodies.ConvertAll(static left => left.Message));
        }
        catch (Exception defect)
        {
            foreach (var left in bodies)
                left.IsHashed.SetException(defect);
            return;
        }

        foreach (var left in bodies)
            left.IsHashed.SetResult(paysOff);
    }

    private static async ValueTask HashedAsync(PutRecordsBody body, LeftBody left)
    {
        if (await left.IsHashed.Task.ConfigureAwait(false))
            body.SetHashed(left.Message.Length);
        else
            body.HashAlone();
    }

    private LeftBody? Leave(in LaneMessage message)
    {
        lock (_lock)
        {
            if (_left.Count == 0 && !_isFollowed())
                return null;
            var left = new LeftBody(message, new(TaskCreationOptions.RunContinuationsAsynchronously));
            _left.Add(left);
            if (_left.Count == 1)
                _queue(this);
            return left;
        }
    }

    private List<LeftBody> Take()
    {
        lock (_lock)
        {
            var bodies = _left.GetRange(0, Math.Min(_left.Count, Sha256Kernel.Lanes));
            _left.RemoveRange(0, bodies.Count);
            if (_left.Count > 0)
                _queue(this);
            return bodies;
        }
    }

    /// <summary>Asks when a thread is free: nobody's body waits for the answer.</summary>
    private sealed class Question(BodyHasher hasher) : IThreadPoolWorkItem
    {
        public void Execute() => hasher._least = hasher._askLeast();
    }

    /// <summary>A body that was left, and whether a lane has hashed it.</summary>
    private sealed record LeftBody(LaneMessage Message, TaskCompletionSource<bool> IsHashed);
}
