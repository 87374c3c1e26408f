using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Testing;

/// <summary>A tier as a process of its own: its first line says where everything is.</summary>
internal abstract class ReadyProcess(ServerProcess process, Regex ready) : IAsyncDisposable
{
    /// <summary>The process' id.</summary>
    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Standard error.</summary>
    public ProcessLines Log => process.Log;

    /// <summary>HTTP, once <see cref="ReadyAsync"/> has completed.</summary>
    public HttpClient Http { get; } = new() { Timeout = Waiting.Long };

    public string ReadyLine { get; private set; } = "";

    /// <summary>Waits for the line that says where everything is.</summary>
    public async Task ReadyAsync()
    {
        ReadyLine = await process.Output.FirstAsync(_ => true, TestContext.Current.CancellationToken);
        var match = ready.Match(ReadyLine);
        Assert.True(match.Success, $"'{ReadyLine}', and the log: {process.Log}");
        Http.BaseAddress = new Uri(match.Groups["http"].Value);
        OnReady(match);
    }

    /// <summary>Waits for that line of a process that was started; one that does not come to it is ended.</summary>
    protected static async Task<T> ReadyAsync<T>(T started)
        where T : ReadyProcess
    {
        try
        {
            await started.ReadyAsync();
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a signal, see <see cref="Signals"/>.</summary>
    public virtual void Signal(int signal) => ServerProcess.Signal(Id, signal);

    /// <summary>Waits for a line of the log, there already or to come.</summary>
    public Task<string> LogAsync(string part) => process.LogAsync(part);

    /// <summary>Waits for the end of the process and of both its outputs.</summary>
    public Task<(int Code, IReadOnlyList<string> Output, IReadOnlyList<string> Log)> ExitAsync() => process.ExitAsync();

    /// <summary>Waits for the end of a process that does not start, so that standard output has no line. Gives the log.</summary>
    public async Task<IReadOnlyList<string>> RefusedAsync(int expectedCode = 2)
    {
        var (code, output, log) = await ExitAsync();
        Assert.True(code == expectedCode, $"{code}: {string.Join('\n', log)}");
        Assert.Empty(output);
        return log;
    }

    public async Task<(int Status, string Text)> PostAsync(string path, string body, string type = "application/json")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var response = await Http.PostAsync(path, content, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Http.Dispose();
    }

    /// <summary>Takes the other addresses of that line.</summary>
    protected abstract void OnReady(Match match);
}
