using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.DeadLettering;

/// <summary>Hands letters on, many at a time, and tells what became of them. One hand-over is under way at a time.</summary>
/// <param name="letters">Who keeps them.</param>
/// <param name="kept">They are durable.</param>
/// <param name="refused">They are not.</param>
/// <param name="stopping">The process ends: what waits is not handed on any more.</param>
internal sealed class LetterBox(Func<Task<IDeadLetters>> letters, Action<IReadOnlyList<Letter>> kept, Action<IReadOnlyList<Letter>, Exception> refused, CancellationToken stopping)
{
    /// <summary>Letters of one hand-over at most; and their bytes, but for one that is larger alone.</summary>
    private const int MostAtOnce = 500;
    private const int MostBytes = 128 << 10;

    private readonly Lock _gate = new();
    private readonly Queue<Letter> _waiting = [];
    private Task _handing = Task.CompletedTask;

    public void Add(Letter letter)
    {
        lock (_gate)
        {
            _waiting.Enqueue(letter);
            if (_handing.IsCompleted)
                _handing = Task.Run(HandOnAsync);
        }
    }

    /// <summary>Completes when nothing waits.</summary>
    public Task EmptyAsync()
    {
        lock (_gate)
            return _handing;
    }

    private async Task HandOnAsync()
    {
        while (true)
        {
            var some = new List<Letter>();
            lock (_gate)
            {
                for (long bytes = 0; some.Count < MostAtOnce && _waiting.TryPeek(out var next) && (some.Count == 0 || bytes + Size(next) <= MostBytes);)
                {
                    bytes += Size(next);
                    some.Add(_waiting.Dequeue());
                }

                if (some.Count == 0)
                {
                    _handing = Task.CompletedTask;
                    return;
                }
            }

            try
            {
                await (await letters().ConfigureAwait(false)).AddAsync([.. some.Select(static l => l.Content)], stopping).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                refused(some, e);
                continue;
            }

            kept(some);
        }
    }

    private static long Size(Letter letter) => letter.Content.Record.PartitionKey.Length + letter.Content.Record.Data.Length + (letter.Content.ErrorMessage?.Length ?? 0) + 64L;
}

/// <summary>A record that goes to the dead letters.</summary>
/// <param name="Segment">Where it stands until then.</param>
/// <param name="Index">Its place there.</param>
/// <param name="Content">The letter.</param>
internal readonly record struct Letter(HeldSegment Segment, int Index, DeadLetter Content);
