using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <remarks>Tests <see cref="EndpointLoop"/>: AWS's variable, set for programs that put through a tier, reached the tier itself.</remarks>
public sealed class EndpointLoopTests
{
    [Theory]
    [InlineData("127.0.0.1", "http://127.0.0.1:8080", true)]
    [InlineData("127.0.0.1", "https://localhost:8080/x", true)]
    [InlineData("0.0.0.0", "http://127.0.0.1:8080", true)]
    [InlineData("::", "http://[::1]:8080", true)]
    [InlineData("192.0.2.7", "http://192.0.2.7:8080", true)]
    [InlineData("127.0.0.1", "http://127.0.0.1:4567", false)]
    [InlineData("127.0.0.1", "http://127.0.0.2:8080", false)]
    [InlineData("127.0.0.1", "http://192.0.2.7:8080", false)]
    [InlineData("192.0.2.7", "http://127.0.0.1:8080", false)]
    [InlineData("0.0.0.0", "https://kinesis.us-east-1.amazonaws.com:8080", false)]
    public void Endpoint_ThatIsTheProcessItself_IsFound(string listening, string endpoint, bool isOwn) =>
        Assert.Equal(isOwn, EndpointLoop.Find(new KplHttpOptions { Address = listening, Port = 8080 }, new Uri(endpoint)) is not null);

    [Theory]
    [InlineData("0.0.0.0", 8080, true)]
    [InlineData("::", 8080, true)]
    [InlineData("0.0.0.0", 4567, false)]
    [InlineData("127.0.0.1", 8080, false)]
    public void Endpoint_AtAnAddressOfThisMachine_IsFound_WhereAllAreListenedAt(string listening, int port, bool isOwn) => Assert.Equal(
        isOwn, EndpointLoop.Find(new KplHttpOptions { Address = listening, Port = 8080 }, new Uri($"http://{OwnAddress.Find()}:{port}")) is not null);

    [Fact]
    public async Task Process_ThatWouldSendToItself_DoesNotStart()
    {
        var error = await Assert.ThrowsAsync<KplOptionsException>(static () => HttpFront.StartAsync(
            new FakeHttpProducer(), DispatchProxy.Create<IStreamAdmin, UnaskedAdmin>(), new FakeBacklog(), new KplHttpOptions { Port = 8080 },
            NullLoggerFactory.Instance, new KinesisAddress(new Uri("http://127.0.0.1:8080"), "us-east-1")));
        Assert.Contains("http://127.0.0.1:8080, where this process itself listens", error.Message, StringComparison.Ordinal);
    }
}
