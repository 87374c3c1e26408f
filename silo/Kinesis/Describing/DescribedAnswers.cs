using Orleans.Kpl.Http.Guarding;

namespace Orleans.Kpl.Kinesis.Describing;

/// <summary>
/// Limits the answers to descriptions that their clients have not read yet. Such an answer is in memory, and as large as its stream. One identity may have
/// a part of them, so that others still get theirs. Safe on any thread.
/// </summary>
internal sealed class DescribedAnswers
{
    /// <summary>The most at a time. Answers up to some 64 KB are with the operating system at once, and so are none of them.</summary>
    public const int Most = 64;

    public const int MostOfOne = 16;

    private readonly Shares<string> _unread = new(MostOfOne, Most);

    /// <summary>Begins an answer, which ends when it is disposed of.</summary>
    /// <param name="caller">Whose it is; null where everybody is taken.</param>
    /// <exception cref="FrontException">There are too many.</exception>
    public IDisposable Begin(string? caller) => _unread.TryTake(caller) ? new UnreadAnswer(_unread, caller) : throw FrontErrors.TooManyAnswers();

    /// <summary>One answer under way.</summary>
    private sealed class UnreadAnswer(Shares<string> all, string? caller) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
                all.Return(caller);
        }
    }
}
