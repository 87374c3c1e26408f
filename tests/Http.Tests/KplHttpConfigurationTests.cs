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

    /// <summary>A variable that was to narrow what a file lets in was added to it.</summary>
    [Fact]
    public void Read_WhenAListIsATextToo_SaysSo()
    {
        Read(out var errors, ("Streams", "orders"), ("Streams:0", "*"), ("Hosts", ""), ("Hosts:0", "kpl.example.com"));
        Assert.Equal(["Kpl:Http:Streams and Kpl:Http:Streams:0 are one setting; give one of them"], errors);
    }

    [Fact]
    public void Read_WhenManyAreWrong_NamesEveryOne()
    {
        Read(out var errors, ("Prot", "80"), ("Address", "here"), ("Port", "x"), ("MaxRecords", "99999999999"), ("RetryAfter", "soon"),
            ("DefaultStream:x", "y"), ("DefaultStream", "a b"));
        Assert.Equal(
            [
                "Kpl:Http:Address is 'here': allowed is an IP address",
                "Kpl:Http:DefaultStream is 'a b': allowed is a stream's name or ARN",
                "Kpl:Http:DefaultStream:x is not known; the nearest is Kpl:Http:DefaultStream",
                "Kpl:Http:MaxRecords is '99999999999': allowed is 1 to 10000000 records",
                "Kpl:Http:Port is 'x': expected is a whole number: 0 to 65535",
                "Kpl:Http:Prot is not known; the nearest is Kpl:Http:Port",
                "Kpl:Http:RetryAfter is 'soon': expected is a duration such as 250 (milliseconds), 100ms, 5s, 2m or 1h: 1 second to 1 hour",
            ],
            errors.Order(StringComparer.Ordinal));
    }

    /// <summary>What is wrong with settings of the section.</summary>
    internal static IReadOnlyList<string> ErrorsOf(params (string Key, string Value)[] settings)
    {
        Read(out var errors, settings);
        return errors;
    }

    private static KplHttpOptions Read(out IReadOnlyList<string> errors, params (string Key, string Value)[] settings) => KplHttpConfiguration.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build(), out errors);
}
