using Microsoft.Extensions.Logging;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>
/// Writes to standard error, with at most one status line at the bottom that is redrawn. Messages are written above it. The line is never
/// drawn if standard error is not a terminal.
/// </summary>
internal sealed class StatusLine(CliHost host)
{
    private readonly Lock _lock = new();
    private int _drawn;
    private bool _hasEnded;

    /// <summary>Whether <see cref="Draw"/> shows anything.</summary>
    public bool IsShown => host.ErrorIsTerminal;

    /// <summary>Writes a line that stays. What others chose, such as the name of a file or an endpoint's message, controls no terminal.</summary>
    /// <param name="isLast">Whether the status line is never drawn again.</param>
    public void WriteLine(string message, Tone tone = Tone.Plain, bool isLast = false)
    {
        lock (_lock)
        {
            _hasEnded |= isLast;
            Erase();
            Write(host.Error.WriteLine, host.ErrorPaint.Message(Printable.Of(message), tone));
        }
    }

    /// <summary>Draws the status line, cut to the terminal's width.</summary>
    public void Draw(string text)
    {
        lock (_lock)
        {
            if (_hasEnded || !IsShown)
                return;
            var width = Math.Max(10, host.Columns() - 1);
            if (text.Length > width)
                text = text[..width];
            Write(host.Error.Write, '\r' + text.PadRight(_drawn));
            _drawn = text.Length;
        }
    }

    /// <summary>Removes the status line.</summary>
    public void Clear()
    {
        lock (_lock)
            Erase();
    }

    private void Erase()
    {
        if (_drawn == 0)
            return;
        // The terminal echoes Ctrl-C behind the line.
        Write(host.Error.Write, $"\r{new string(' ', Math.Max(_drawn, host.Columns() - 1))}\r");
        _drawn = 0;
    }

    private void Write(Action<string> write, string text)
    {
        try
        {
            write(text);
            host.Error.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk that standard error goes to is full, or it is closed: nobody can be told, and the work goes on.
        }
    }
}

/// <summary>
/// Writes the producer's warnings and errors as lines on standard error, above the progress bar. Of warnings that differ in numbers alone it writes one in
/// ten seconds and counts the others: in an outage each call fails, and nobody sees anything else between them. What became of records the verbs tell
/// themselves: one that <c>kpl run</c> puts again is not undelivered.
/// </summary>
internal sealed class StatusLogger(StatusLine status, TimeProvider time) : ILoggerFactory, ILogger
{
    /// <summary>The producer's events that a record failed, or that its end is not known, and that more events were left out of its log.</summary>
    private static readonly int[] LeftOut = [9, 30, 14];

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long At, int Others)> _told = new(StringComparer.Ordinal);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("this logger writes to standard error only");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || LeftOut.Contains(eventId.Id))
            return;
        var (text, others) = ($"{formatter(state, exception)}{(exception is null ? "" : $": {exception.Message}")}", 0);
        if (logLevel == LogLevel.Warning && !IsDue(string.Concat(text.Where(static c => !char.IsAsciiDigit(c))), out others))
            return;
        status.WriteLine($"kpl: {text}{(others == 0 ? "" : $" ({others} more like it)")}", logLevel >= LogLevel.Error ? Tone.Bad : Tone.Warning);
    }

    private bool IsDue(string kind, out int others)
    {
        lock (_lock)
        {
            var isKnown = _told.TryGetValue(kind, out var told);
            others = told.Others;
            var isDue = !isKnown || time.GetElapsedTime(told.At) >= Pause;
            _told[kind] = isDue ? (time.GetTimestamp(), 0) : told with { Others = others + 1 };
            return isDue;
        }
    }

    public void Dispose()
    {
    }
}
