using System.Net;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Http.Administering;

namespace Orleans.Kpl.Http.Tests.Administering;

public sealed class LoopbackOnlyTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:8080", null, true)]
    [InlineData("127.4.5.6", "localhost", null, true)]
    [InlineData("::1", "[::1]:8080", null, true)]
    [InlineData("::ffff:127.0.0.1", "localhost:8081", "http://localhost:8081", true)]
    [InlineData("127.0.0.1", "localhost:8081", "http://localhost:3000", false)] // another web server of this machine
    [InlineData("127.0.0.1", "localhost:8081", "http://127.0.0.1:8081", false)]
    [InlineData("10.0.0.7", "127.0.0.1", null, false)]
    [InlineData("::ffff:10.0.0.7", "127.0.0.1", null, false)]
    [InlineData(null, "127.0.0.1", null, false)]
    [InlineData("127.0.0.1", "tier.example", null, false)]
    [InlineData("127.0.0.1", "127.0.0.1", "https://elsewhere.example", false)]
    [InlineData("127.0.0.1", "127.0.0.1", "null", false)]
    public void FindObstacle_LetsThisMachineIn(string? remote, string host, string? origin, bool mayCome)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = remote is null ? null : IPAddress.Parse(remote);
        context.Request.Host = new HostString(host);
        if (origin is not null)
            context.Request.Headers.Origin = origin;

        Assert.Equal(mayCome, LoopbackOnly.FindObstacle(context) is null);
    }

    [Theory]
    [InlineData(StreamManagerErrorCodes.BadTarget, 400)]
    [InlineData(StreamManagerErrorCodes.UnknownShard, 404)]
    [InlineData(RecordErrorCodes.ResourceNotFound, 404)]
    [InlineData(StreamManagerErrorCodes.OnDemand, 409)]
    [InlineData(StreamManagerErrorCodes.StreamNotActive, 409)]
    [InlineData(StreamManagerErrorCodes.OperationRunning, 409)]
    [InlineData(StreamManagerErrorCodes.PolicyChanged, 409)]
    [InlineData(StreamManagerErrorCodes.QuotaExceeded, 409)]
    [InlineData(StreamManagerErrorCodes.InvalidChange, 400)]
    [InlineData("LimitExceededException", 409)]
    [InlineData("AccessDeniedException", 502)]
    public void Status_FollowsTheCode(string code, int status) => Assert.Equal(status, AdminStatus.Of(code));
}
