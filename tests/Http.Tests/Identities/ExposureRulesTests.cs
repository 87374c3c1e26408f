namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="Http.Identities.ExposureRules"/>.</remarks>
public sealed class ExposureRulesTests
{
    private const string Anonymous = "nobody is asked who they are";
    private const string Plaintext = "without TLS";

    [Theory]
    [InlineData("127.0.0.1", false, false, false, null)]
    [InlineData("127.0.0.1", true, false, false, null)]
    [InlineData("127.9.9.9", false, false, false, null)]
    [InlineData("::1", false, false, false, null)]
    [InlineData("::ffff:127.0.0.1", false, false, false, null)]
    [InlineData("0.0.0.0", false, false, false, Anonymous)]
    [InlineData("::", false, false, false, Anonymous)]
    [InlineData("::", false, false, true, Anonymous)]
    [InlineData("10.1.2.3", false, true, false, null)]
    [InlineData("10.1.2.3", true, false, false, Plaintext)]
    [InlineData("10.1.2.3", true, true, false, Plaintext)]
    [InlineData("10.1.2.3", true, false, true, null)]
    public void Address_BeyondLoopback_NeedsIdentitiesAndTls(string address, bool hasIdentities, bool anonymous, bool plaintext, string? error)
    {
        using var folder = new IdentityFolder().Write("""{"identities":[]}""");
        List<(string, string)> settings = [("Address", address), ("AllowAnonymous", $"{anonymous}"), ("AllowPlaintext", $"{plaintext}")];
        if (hasIdentities)
            settings.Add(("Identities", folder.File));

        var errors = KplHttpConfigurationTests.ErrorsOf([.. settings]);

        if (error is null)
            Assert.Empty(errors);
        else
            Assert.Contains(error, Assert.Single(errors), StringComparison.Ordinal);
    }

    /// <summary>A silo's ports had such a line, and HTTP's had none.</summary>
    [Theory]
    [InlineData("127.0.0.1", false, true, null)]
    [InlineData("10.1.2.3", false, true, "whoever reaches 10.1.2.3 may put records")]
    [InlineData("10.1.2.3", true, false, "without TLS, which must end in front of it")]
    public void WhatSomebodyHasAllowed_IsSaidAtTheStart(string address, bool hasIdentities, bool anonymous, string? warning)
    {
        var options = new KplHttpOptions { Address = address, AllowAnonymous = anonymous, AllowPlaintext = true, Identities = hasIdentities ? "file" : null };
        var warnings = Http.Identities.ExposureRules.FindWarnings(options).ToList();
        if (warning is null)
            Assert.Empty(warnings);
        else
            Assert.EndsWith(warning, Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_MakesPlaintextImpossible_AndIsEnough()
    {
        using var folder = new IdentityFolder().Write("""{"identities":[]}""");
        using var root = new TestAuthority();
        folder.Write("tls.pem", root.Issue("kpl.example.com"));
        Assert.Empty(KplHttpConfigurationTests.ErrorsOf(
            ("Address", "0.0.0.0"), ("Identities", folder.File), ("CertificateFile", folder.PathOf("tls.pem"))));
    }

    [Fact]
    public void Certificate_ThatCannotBeUsed_IsToldWithItsSettingAndFile()
    {
        using var folder = new IdentityFolder().Write("tls.pem", "nothing");
        Assert.Equal(
            [$"Kpl:Http:CertificateFile '{folder.PathOf("tls.pem")}' has no certificate in PEM form"],
            KplHttpConfigurationTests.ErrorsOf(("CertificateFile", folder.PathOf("tls.pem"))));
        Assert.Equal(
            ["Kpl:Http:CertificateKeyFile is 'key.pem': it needs Kpl:Http:CertificateFile"],
            KplHttpConfigurationTests.ErrorsOf(("CertificateKeyFile", "key.pem")));
    }

    [Fact]
    public void Errors_OfTheFile_AreToldWithThoseOfTheSettings()
    {
        using var folder = new IdentityFolder().Write("""{"identities":[{"id":"a","banned":1},{"id":"a"}]}""");
        var errors = KplHttpConfigurationTests.ErrorsOf(("Port", "x"), ("AllowAnonymous", "perhaps"), ("Identities", folder.File));
        Assert.Equal(4, errors.Count);
        Assert.Contains("Kpl:Http:AllowAnonymous is 'perhaps': expected is one of: true, false", errors);
        Assert.Contains(errors, static e => e.StartsWith("Kpl:Http:Identities: ", StringComparison.Ordinal) && e.EndsWith("identities[0].banned is neither true nor false", StringComparison.Ordinal));
    }
}
