using Microsoft.Extensions.Configuration;

namespace Orleans.Kpl.Http.Tests;

public sealed class KplHttpConfigurationTests
{
    [Fact]
    public void Read_TakesEverySetting()
    {
        var options = Read(
            out var errors, ("address", "::1"), ("Port", "81"), ("DEFAULTSTREAM", " orders "), ("MaxBodyBytes", "2048"), ("MaxRecords", "7"),
            ("RetryAfter", "2m"), ("Streams", "orders, clicks-*"), ("Hosts:0", "kpl.example.com"), ("Hosts:1", "*.example.org"),
            ("MaxBodyMemory", "4096"), ("BodyTimeout", "10s"), ("AcceptTimeout", "0"), ("MaxConnections", "9"), ("AdminAddress", "::1"),
            ("AdminPort", "0"));

        Assert.Empty(errors);
        Assert.Equal((4_096L, TimeSpan.FromSeconds(10), TimeSpan.Zero, 9, "::1", 0),
            (options.MaxBodyMemory, options.BodyTimeout, options.AcceptTimeout, options.MaxConnections, options.AdminAddress, options.AdminPort));
        Assert.Equal(["orders", "clicks-*"], options.Streams);
        Assert.Equal(["kpl.example.com", "*.example.org"], options.Hosts);
        Assert.Equal(("::1", 81, "orders", 2048L, 7, TimeSpan.FromMinutes(2)),
            (options.Address, options.Port, options.DefaultStream, options.MaxBodyBytes, options.MaxRecords, options.RetryAfter));
    }

    [Fact]
    public void Read_WhenNothingIsSet_HasTheDefaults()
    {
        var options = Read(out var errors);
        Assert.Empty(errors);
        Assert.Equal(("127.0.0.1", 8080, "events"), (options.Address, options.Port, options.DefaultStream));
    }

    [Fact]
    public void Read_WhenManyAreWrong_NamesEveryOne()
    {
        Read(out var errors, ("Prot", "80"), ("Address", "here"), ("Port", "x"), ("MaxRecords", "99999999999"), ("RetryAfter", "soon"),
            ("DefaultStream:x", "y"));
        Assert.Equal(
            [
                "Kpl:Http:Address 'here' is not an IP address",
                "Kpl:Http:DefaultStream is '': it must be a stream's name or ARN",
                "Kpl:Http:MaxRecords 2147483647 must be between 1 and 10000000",
                "Kpl:Http:Port is 'x': it must be a port",
                "Kpl:Http:Prot is not known; the nearest is Kpl:Http:Port",
                "Kpl:Http:RetryAfter is 'soon': it must be a duration such as 1s",
            ],
            errors.Order(StringComparer.Ordinal));
    }

    private static KplHttpOptions Read(out IReadOnlyList<string> errors, params (string Key, string Value)[] settings) => KplHttpConfiguration.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build(), out errors);
}
