using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Reading.Inflating;

namespace Orleans.Kpl.Http.Tests.Reading;

/// <summary>A client that gives up over HTTP/2 is no defect of the tier: for each a failure with its stack was in the log.</summary>
public sealed class BrokenBodyTests
{
    [Fact]
    public async Task Reset_AfterTheBytesWereRead_IsABrokenBody()
    {
        using var deadline = new BodyDeadline(TimeSpan.FromSeconds(1), new FakeTimeProvider());
        using var whole = new ReceivedBody(new BodyMemory(1 << 20, new FakeTimeProvider()), 1 << 20, TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<BadHttpRequestException>(() => whole.FillAsync(new EndlessBody { IsReset = true }, null, deadline).AsTask());

        using var lines = new ArrivedBytes(new EndlessBody { IsReset = true }, long.MaxValue, default);
        await Assert.ThrowsAsync<BadHttpRequestException>(() => lines.ReadAsync(new byte[8]).AsTask());
    }
}
