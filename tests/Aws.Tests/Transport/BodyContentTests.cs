using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Aws.Tests.Transport;

public sealed class BodyContentTests
{
    [Fact]
    public async Task Close_WhileAConnectionWrites_WaitsForIt()
    {
        using var body = new PutRecordsBody(Gateways.OneEntry(), new StreamRoute("events", null), WireFormat.Json);
        using var content = new BodyContent(body);
        using var stream = new HeldStream();
        var copying = content.CopyToAsync(stream, TestContext.Current.CancellationToken);

        var closing = content.CloseAsync();

        Assert.True(content.WasStarted);
        Assert.False(closing.IsCompleted);
        stream.Release.SetResult();
        await copying;
        await closing;
    }

    [Fact]
    public async Task Copy_WhenTheCallHasEnded_ReadsNothing()
    {
        using var body = new PutRecordsBody(Gateways.OneEntry(), new StreamRoute("events", null), WireFormat.Json);
        using var content = new BodyContent(body);
        await content.CloseAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => content.CopyToAsync(new MemoryStream(), TestContext.Current.CancellationToken));

        Assert.False(content.WasStarted);
    }

    private sealed class HeldStream : MemoryStream
    {
        public TaskCompletionSource Release { get; } = new();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await Release.Task;
    }
}
