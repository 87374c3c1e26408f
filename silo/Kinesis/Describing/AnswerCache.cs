using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>
/// Keeps answers for five seconds, refusals included, and asks once for all who ask at the same time. The account allows ten to twenty such calls a
/// second, which a few hundred clients that start together would use up. What was no answer, such as a lost connection or a fault of the service, is not
/// kept: the clients' next tries would all end with it.
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
                asked = _asked.GetOrAdd(question, _ => new Asked(ask, time));
            }

            if (!asked.Answer.IsCompleted || IsGood(asked.Answer) && !asked.IsOld)
                return await asked.Answer.WaitAsync(cancellationToken);
            _asked.TryRemove(new(question, asked));
        }
    }

    private static bool IsGood(Task<T> answer) =>
        answer.IsCompletedSuccessfully || answer.Exception?.InnerException is KinesisException { Kind: KinesisFailureKind.Refused, HttpStatus: < 500 };

    /// <summary>Forgets old answers. There are few: who may ask how often (<see cref="QuestionBudget"/>) bounds the young ones.</summary>
    private void DropOld()
    {
        foreach (var (question, asked) in _asked)
        {
            if (asked.IsOld)
                _asked.TryRemove(new(question, asked));
        }
    }

    private sealed class Asked
    {
        private readonly TimeProvider _time;
        private readonly Lazy<Task<T>> _answer;
        private long _since;

        public Asked(Func<Task<T>> ask, TimeProvider time)
        {
            _time = time;
            // Not on the caller's thread: others wait for the first one to begin.
            _answer = new(() => Task.Run(() => AskAsync(ask)));
        }

        /// <summary>The answer, which is asked for when it is looked at first.</summary>
        public Task<T> Answer => _answer.Value;

        /// <summary>Its age counts from the answer: one that takes longer than it is kept would be old when it comes.</summary>
        public bool IsOld =>
            _answer is { IsValueCreated: true, Value.IsCompleted: true } && _time.GetElapsedTime(Volatile.Read(ref _since)) >= KeptFor;

        private async Task<T> AskAsync(Func<Task<T>> ask)
        {
            try
            {
                return await ask();
            }
            finally
            {
                Volatile.Write(ref _since, _time.GetTimestamp());
            }
        }
    }
}
