using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>
/// Keeps answers for five seconds, refusals included, and asks once for all who ask at the same time. The account allows ten to twenty such calls a
/// second, which a few hundred clients that start together would use up. What was no answer, such as a lost connection, is not kept.
/// </summary>
internal sealed class AnswerCache<T>(TimeProvider time)
{
    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Asked> _asked = new(StringComparer.Ordinal);

    /// <summary>How many answers are there, and questions under way.</summary>
    public int Count => _asked.Count;

    /// <summary>Returns the answer to a question.</summary>
    /// <param name="ask">Asks it. It runs to its end whoever gives up waiting.</param>
    /// <param name="admit">Is called before it is asked; throws where it may not be.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<T> GetAsync(string question, Func<Task<T>> ask, Action admit, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!_asked.TryGetValue(question, out var asked))
            {
                admit();
                DropOld();
                asked = _asked.GetOrAdd(question, static (_, a) => new Asked(a), ask);
            }

            var answer = asked.Answer(time);
            if (!answer.IsCompleted || IsGood(answer) && !asked.IsOld(time))
                return await answer.WaitAsync(cancellationToken);
            _asked.TryRemove(new(question, asked));
        }
    }

    private static bool IsGood(Task<T> answer) =>
        answer.IsCompletedSuccessfully || answer.Exception?.InnerException is KinesisException { Kind: KinesisFailureKind.Refused };

    /// <summary>Forgets old answers. There are few: who may ask how often (<see cref="QuestionBudget"/>) bounds the young ones.</summary>
    private void DropOld()
    {
        foreach (var (question, asked) in _asked)
        {
            if (asked.IsOld(time))
                _asked.TryRemove(new(question, asked));
        }
    }

    private sealed class Asked(Func<Task<T>> ask)
    {
        private readonly Lock _lock = new();
        private Task<T>? _answer;
        private long _since;

        public Task<T> Answer(TimeProvider time)
        {
            lock (_lock)
            {
                if (_answer is not null)
                    return _answer;
                // Not on the caller's thread: the lock is held.
                return _answer = Task.Run(() => AskAsync(time));
            }
        }

        /// <summary>Its age counts from the answer: one that takes longer than it is kept would be old when it comes.</summary>
        private async Task<T> AskAsync(TimeProvider time)
        {
            try
            {
                return await ask();
            }
            finally
            {
                Volatile.Write(ref _since, time.GetTimestamp());
            }
        }

        public bool IsOld(TimeProvider time)
        {
            lock (_lock)
                return _answer is { IsCompleted: true } && time.GetElapsedTime(Volatile.Read(ref _since)) >= KeptFor;
        }
    }
}
