using System.Threading.Channels;

namespace Orleans.Kpl.Local.Tests.Running;

/// <summary>The lines of one output of a process, as they come.</summary>
internal sealed class ProcessLines
{
    private readonly List<string> _lines = [];
    private readonly Channel<string> _coming = Channel.CreateUnbounded<string>();
    private readonly Task _reading;

    public ProcessLines(StreamReader output) => _reading = ReadAsync(output);

    /// <summary>The next line that is meant; lines before it are passed over. Empty when the output ends before.</summary>
    public async Task<string> FirstAsync(Func<string, bool> isMeant, CancellationToken cancellationToken)
    {
        await foreach (var line in _coming.Reader.ReadAllAsync(cancellationToken))
        {
            if (isMeant(line))
                return line;
        }
        return "";
    }

    /// <summary>All lines, when the output has ended.</summary>
    public async Task<IReadOnlyList<string>> AllAsync()
    {
        await _reading;
        return _lines;
    }

    public override string ToString()
    {
        lock (_lines)
            return string.Join('\n', _lines);
    }

    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (_lines)
                _lines.Add(line);
            await _coming.Writer.WriteAsync(line);
        }
        _coming.Writer.Complete();
    }
}
