using System.Diagnostics;
using System.Text.Json;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>
/// This program once more, under an internal verb: it takes one command a line on its standard input, answers each with one
/// line of JSON, and ends when its input ends, so that none outlives the bench.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(int[]? processors, string verb, params string[] arguments)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        start.ArgumentList.Add(verb);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new ChildProcess(Affinity.Start(start, processors));
    }

    /// <summary>User and system time of the process.</summary>
    public TimeSpan CpuTime => _process.TotalProcessorTime;

    public async Task<T> AskAsync<T>(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        return await ReadAsync<T>();
    }

    public async Task<T> ReadAsync<T>()
    {
        try
        {
            var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Limit)
                ?? throw new BenchFailedException("a process of the bench ended early; its reason is on standard error");
            return JsonSerializer.Deserialize<T>(line)!;
        }
        catch (TimeoutException)
        {
            throw new BenchFailedException($"a process of the bench has not answered for {Limit.TotalMinutes:N0} minutes");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>The child's side: answers commands until its input ends.</summary>
    public static async Task ServeAsync(Func<string, Task<object>> answer)
    {
        while (await Console.In.ReadLineAsync() is { } command)
            Tell(await answer(command));
    }

    public static void Tell(object answer) => Console.Out.WriteLine(JsonSerializer.Serialize(answer, answer.GetType()));
}
