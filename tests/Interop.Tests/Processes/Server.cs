using System.Diagnostics;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>A server in a process of its own. It is there when it has written its line that starts with <c>ready</c>.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process _process;

    private Server(Process process, string ready) => (_process, Ready) = (process, ready);

    /// <summary>The line without its first word.</summary>
    public string Ready { get; }

    public static async Task<Server> StartAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        CleanEnvironment.Clear(start);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        try
        {
            while (await process.StandardOutput.ReadLineAsync().WaitAsync(Waiting.Long) is { } line)
            {
                if (line.StartsWith("ready ", StringComparison.Ordinal))
                    return new Server(process, line["ready ".Length..]);
            }

            throw new InvalidOperationException($"{program} ended before it was ready");
        }
        catch
        {
            await StopAsync(process);
            throw;
        }
    }

    /// <summary>A Kinesis endpoint by others: kinesalite.mjs or kinesis-local.mjs.</summary>
    public static Task<Server> StartStandInAsync(string script) => StartAsync("node", Path.Combine(Needs.StandIns, script));

    public ValueTask DisposeAsync() => StopAsync(_process);

    private static async ValueTask StopAsync(Process process)
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
