using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>
/// Keeps answers for five seconds, refusals included, and asks once for all who ask at the same time. The account allows ten to twenty such calls a
/// second, which a few hundred clients that start together would use up. What may pass by itself, such as a lost connection, a fault of the service or
/// too many calls, is not kept: the clients' next tries would all end with it.
/// </summary>
internal sealed class AnswerCache<T>(TimeProvider time)
{
    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Asked> _asked = new(StringComparer.Ordinal);

    /// <summary>How many answers are there, and questions under way.</summary>
    public int Count => _asked.Count;

    /// <summary>Returns the answer to a question.</summary>
    /// <param name="ask">Asks it. It runs to its end whoever gives up waiting.</param>
    /// <param name="admit">Is called before it is asked; throws where it may not be.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task<T> GetAsync(string question, Func<Task<T>> ask, Action admit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_asked.TryGetValue(question, out var asked) || asked.IsOver)
            {
                admit();
                // There are few: who may ask how often (QuestionBudget) bounds those that are not over.
                foreach (var (old, _) in _asked.Where(static a => a.Value.IsOver))
                    _asked.Remove(old);
                _asked[question] = asked = new(ask, time);
            }

            return asked.Answer.WaitAsync(cancellationToken);
        }
    }

    private sealed class Asked
    {
        private readonly TimeProvider _time;
        private long _since;

        public Asked(Func<Task<T>> ask, TimeProvider time)
        {
            _time = time;
            Answer = Task.Run(() => AskAsync(ask)).Observed(); // not on the caller's thread: others wait for it
        }

        public Task<T> Answer { get; }

        /// <summary>Whether to ask again. Its age counts from the answer: one that takes longer than it is kept would be old when it comes.</summary>
        public bool IsOver => Answer.IsCompleted && (!IsGood || _time.GetElapsedTime(Volatile.Read(ref _since)) >= KeptFor);

        private bool IsGood => Answer.IsCompletedSuccessfully || Answer.Exception?.InnerException is KinesisException error && !error.MayPass();

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
