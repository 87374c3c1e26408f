using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Aws.Tests.Transport;

public sealed class EnvironmentProxyTests
{
    [Theory]
    [InlineData("", "https://kinesis.eu-west-1.amazonaws.com", false)]
    [InlineData("*", "https://kinesis.eu-west-1.amazonaws.com", true)]
    [InlineData("amazonaws.com", "https://kinesis.eu-west-1.amazonaws.com", true)]
    [InlineData(".amazonaws.com", "https://kinesis.eu-west-1.amazonaws.com", true)]
    [InlineData("*.amazonaws.com", "https://kinesis.eu-west-1.amazonaws.com", true)]
    [InlineData("AMAZONAWS.COM", "https://kinesis.eu-west-1.amazonaws.com", true)]
    [InlineData("zonaws.com", "https://kinesis.eu-west-1.amazonaws.com", false)]
    [InlineData("a.example, amazonaws.com:443 b.example", "https://kinesis.eu-west-1.amazonaws.com", true)]
    [InlineData("amazonaws.com:8443", "https://kinesis.eu-west-1.amazonaws.com", false)]
    [InlineData("10.0.0.0/8", "https://10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "https://11.1.2.3", false)]
    [InlineData("10.1.2.3", "https://10.1.2.3", true)]
    [InlineData("fd00::/8", "https://[fd00:ec2::254]", true)]
    [InlineData("fd00:ec2:0::254", "https://[fd00:ec2::254]", true)]
    [InlineData("fd00:ec2::443", "https://[fd00:ec2::254]", false)]
    [InlineData("[fd00:ec2::254]", "https://[fd00:ec2::254]", true)]
    [InlineData("[fd00:ec2::254]:443", "https://[fd00:ec2::254]", true)]
    [InlineData("[fd00:ec2::254]:8443", "https://[fd00:ec2::254]", false)]
    [InlineData("", "https://127.0.0.1:4567", true)]
    [InlineData("", "https://localhost:4567", true)]
    [InlineData("", "https://[::1]:4567", true)]
    public void IsBypassed_FollowsNoProxy_AndSparesThisMachine(string entries, string destination, bool isDirect)
    {
        var proxy = EnvironmentProxy.Find(Gateways.EnvironmentOf(("HTTPS_PROXY", "proxy.example:3128"), ("NO_PROXY", entries)))!;
        Assert.Equal(isDirect, proxy.IsBypassed(new Uri(destination)));
        Assert.Equal(isDirect ? null : new Uri("http://proxy.example:3128"), proxy.GetProxy(new Uri(destination)));
    }

    /// <summary>.NET knows no port of SOCKS, and threw it for each call: every record failed for good.</summary>
    [Theory]
    [InlineData("socks5://proxy.example", "socks5://proxy.example:1080")]
    [InlineData("socks4a://me:secret@proxy.example", "socks4a://proxy.example:1080")]
    [InlineData("socks5://proxy.example:9050", "socks5://proxy.example:9050")]
    [InlineData("proxy.example", "http://proxy.example:80")]
    public void Find_WhereTheAddressHasNoPort_TakesThatOfTheScheme(string value, string address)
    {
        var proxy = EnvironmentProxy.Find(Gateways.EnvironmentOf(("HTTPS_PROXY", value)))!.GetProxy(new Uri("https://a.example"))!;
        Assert.Equal(address, $"{proxy.Scheme}://{proxy.Host}:{proxy.Port}");
    }

    [Fact]
    public void Find_TakesTheProxyOfTheScheme_ThenThatOfAll()
    {
        Assert.Null(EnvironmentProxy.Find(Gateways.NoEnvironment));
        var proxy = EnvironmentProxy.Find(Gateways.EnvironmentOf(("ALL_PROXY", "socks5://all.example:1080"), ("http_proxy", "plain.example")))!;
        Assert.Equal(("ALL_PROXY", "http_proxy"), (proxy.To(new Uri("https://a.example"))!.Source, proxy.To(new Uri("http://a.example"))!.Source));
        Assert.Null(EnvironmentProxy.Find(Gateways.EnvironmentOf(("HTTP_PROXY", "plain.example")))!.To(new Uri("https://a.example")));
    }
}
