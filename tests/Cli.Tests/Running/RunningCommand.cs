using System.Text;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>The command in this process, while it runs: what it says on standard error can be awaited, and it can be interrupted.</summary>
internal sealed class RunningCommand : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ErrorLines _error = new();
    private readonly MemoryStream _output = new();
    private readonly Task<int> _running;

    private RunningCommand(string[] arguments, string directory, Stream input, TimeProvider time) => _running = Task.Run(
        () => KplCommand.RunAsync(arguments, new CliHost
        {
            Input = input,
            Output = _output,
            Error = _error,
            Environment = new Dictionary<string, string> { ["Kpl__RequestTimeout"] = "10m" },
            Directory = directory,
            UsualTier = CliRun.NoTier,
            Time = time,
            Stop = _stop.Token,
        }));

    /// <summary>What was said so far.</summary>
    public string Error => _error.ToString();

    public string Output => Encoding.UTF8.GetString(_output.ToArray());

    public static RunningCommand Start(TimeProvider time, string directory, params string[] arguments) => new(arguments, directory, Stream.Null, time);

    public static RunningCommand Start(TimeProvider time, Stream input, params string[] arguments) => new(arguments, Path.GetTempPath(), input, time);

    public static RunningCommand Start(string directory, params string[] arguments) => new(arguments, directory, Stream.Null, TimeProvider.System);

    /// <summary>Waits for a line that begins so, and returns the rest of it.</summary>
    public Task<string> SaidAsync(string beginning) => _error.SeenAsync(beginning).WaitAsync(Testing.Waiting.Long);

    /// <summary>Interrupts it; completes when whatever it runs has been told.</summary>
    public Task InterruptAsync() => _stop.CancelAsync();

    /// <summary>Interrupts it and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await InterruptAsync();
        return await _running.WaitAsync(Testing.Waiting.Long);
    }

    /// <summary>Waits for its end and returns its exit code.</summary>
    public Task<int> WaitAsync() => _running.WaitAsync(Testing.Waiting.Long);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _output.DisposeAsync();
        await _error.DisposeAsync();
    }

    private sealed class ErrorLines : TextWriter
    {
        private readonly List<string> _lines = [];
        private readonly List<(string Beginning, TaskCompletionSource<string> Seen)> _waiting = [];

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            lock (_lines)
            {
                _lines.Add(value ?? "");
                foreach (var (beginning, seen) in _waiting.Where(w => value?.StartsWith(w.Beginning, StringComparison.Ordinal) is true))
                    seen.TrySetResult(value![beginning.Length..]);
            }
        }

        public Task<string> SeenAsync(string beginning)
        {
            lock (_lines)
            {
                if (_lines.Find(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } line)
                    return Task.FromResult(line[beginning.Length..]);
                var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add((beginning, seen));
                return seen.Task;
            }
        }

        public override string ToString()
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }
}
