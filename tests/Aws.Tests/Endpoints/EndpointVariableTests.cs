using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Endpoints;

public sealed class EndpointVariableTests
{
    private const string OfKinesis = "AWS_ENDPOINT_URL_KINESIS";
    private const string OfAll = "AWS_ENDPOINT_URL";
    private const string Local = "http://127.0.0.1:4567/";

    [Fact]
    public void Resolve_WhereTheEnvironmentNamesAnEndpoint_TakesIt_TheServicesOwnFirst()
    {
        AssertEndpoint("http://127.0.0.1:4567/", OfKinesis, (OfKinesis, Local), (OfAll, "https://all.example"));
        AssertEndpoint("https://all.example/", OfAll, (OfAll, "https://all.example"));
        AssertEndpoint("https://all.example/", OfAll, (OfKinesis, " "), (OfAll, "https://all.example"));
        AssertEndpoint("https://kinesis.eu-west-1.amazonaws.com/", null);
    }

    [Theory]
    [InlineData("true", null)]
    [InlineData("TRUE", null)]
    [InlineData("false", OfKinesis)]
    public void Resolve_WhereTheEnvironmentIsNotToCount_LeavesIt(string ignored, string? variable) => AssertEndpoint(
        variable is null ? "https://kinesis.eu-west-1.amazonaws.com/" : Local, variable,
        (OfKinesis, Local), (OfAll, Local), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ignored));

    [Fact]
    public void Resolve_WhereASettingNamesOne_TakesThat_WhateverTheEnvironmentHas()
    {
        var options = new KinesisOptions { EndpointUrl = new Uri("https://ours.example"), Region = "eu-west-1" };
        foreach (var text in new[] { Local, "rubbish" })
        {
            var location = KinesisLocation.Resolve(options, Gateways.EnvironmentOf("", (OfKinesis, text)));
            Assert.Equal((new Uri("https://ours.example"), null, true), (location.Endpoint, location.EndpointVariable, location.IsOverridden));
        }
    }

    [Theory]
    [InlineData("127.0.0.1:4567")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://127.0.0.1/?a=b")]
    public void Resolve_WhereTheVariableHasNoAddress_NamesIt(string text)
    {
        var error = Assert.Throws<KinesisSettingsException>(() => KinesisLocation.Resolve(new KinesisOptions(), Gateways.EnvironmentOf("", (OfKinesis, text))));
        Assert.Equal($"{OfKinesis}: '{text}' is no http or https address without a query, such as http://127.0.0.1:4567.", error.Message);
    }

    /// <summary>The log, <c>GET /admin/kinesis</c> and the dashboard told the password.</summary>
    [Theory]
    [InlineData("http://user:secret@127.0.0.1:4567")]
    [InlineData("user:secret@127.0.0.1:4567")]
    public void Resolve_WhereTheVariableHasAPassword_RefusesIt_AndDoesNotTellIt(string text)
    {
        var error = Assert.Throws<KinesisSettingsException>(() => KinesisLocation.Resolve(new KinesisOptions(), Gateways.EnvironmentOf("", (OfAll, text))));
        Assert.Equal($"{OfAll}: has a user or a password in it, which no call would send: leave them out.", error.Message);
    }

    /// <summary>As a setting would: an endpoint on this machine needs neither region nor credentials.</summary>
    [Fact]
    public void Resolve_WhereItIsLoopback_NeedsNoRegion()
    {
        var location = KinesisLocation.Resolve(new KinesisOptions(), Gateways.EnvironmentOf("", (OfAll, Local)));
        Assert.Equal(("us-east-1", true), (location.Region, location.IsLoopback));
    }

    private static void AssertEndpoint(string endpoint, string? variable, params (string, string)[] environment)
    {
        var location = KinesisLocation.Resolve(new KinesisOptions { Region = "eu-west-1" }, Gateways.EnvironmentOf("", environment));
        Assert.Equal((endpoint, variable, variable is not null), (location.Endpoint.AbsoluteUri, location.EndpointVariable, location.IsOverridden));
    }
}
