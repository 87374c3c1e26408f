using System.Text.Json;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>The local tier as README starts it, on free ports, with one stream more.</summary>
public sealed class FirstHourTier : IAsyncLifetime
{
    private readonly string[] _arguments;
    private readonly TemporaryFolder _data = new();
    private LocalProcess _tier = null!;

    public FirstHourTier()
        : this("--stream", "events=4", "--stream", "clicks=8", "--stream", "typed=1")
    {
    }

    /// <summary>A tier with other arguments.</summary>
    internal FirstHourTier(params string[] arguments) => _arguments = arguments;

    public string Http => _tier.Http.BaseAddress!.OriginalString;

    public string Kinesis => _tier.Kinesis.OriginalString;

    /// <summary>It waits for late answers: what it sent again would be there twice.</summary>
    public async ValueTask InitializeAsync() =>
        _tier = await LocalProcess.StartReadyAsync(["--Kpl:RequestTimeout=10m", "--data", _data.Path, .. _arguments]);

    /// <summary>The number of records of a stream that the tier has delivered.</summary>
    internal async Task<long> DeliveredAsync(string stream)
    {
        using var ledger = JsonDocument.Parse(
            await _tier.Http.GetStringAsync($"/admin/streams/{stream}/ledger", TestContext.Current.CancellationToken));
        return ledger.RootElement.GetProperty("delivered").GetInt64();
    }

    public async ValueTask DisposeAsync()
    {
        await _tier.DisposeAsync();
        _data.Dispose();
    }
}
