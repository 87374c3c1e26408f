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

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _ofOne = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>Begins an answer, which ends when it is disposed of.</summary>
    /// <param name="caller">Whose it is; null where everybody is taken.</param>
    /// <exception cref="FrontException">There are too many.</exception>
    public IDisposable Begin(string? caller)
    {
        lock (_lock)
        {
            if (_all >= Most || (caller is not null && _ofOne.GetValueOrDefault(caller) >= MostOfOne))
                throw FrontErrors.TooManyAnswers();
            Add(caller, 1);
        }

        return new UnreadAnswer(this, caller);
    }

    private void Add(string? caller, int count)
    {
        _all += count;
        if (caller is null)
            return;
        _ofOne[caller] = _ofOne.GetValueOrDefault(caller) + count;
        if (_ofOne[caller] == 0)
            _ofOne.Remove(caller);
    }

    /// <summary>One answer under way.</summary>
    private sealed class UnreadAnswer(DescribedAnswers all, string? caller) : IDisposable
    {
        private bool _isOver;

        public void Dispose()
        {
            lock (all._lock)
            {
                if (!_isOver)
                    all.Add(caller, -1);
                _isOver = true;
            }
        }
    }
}
