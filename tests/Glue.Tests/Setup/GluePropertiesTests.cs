namespace Orleans.Kpl.Glue.Tests.Setup;

/// <summary>The keys are those of aws-glue-schema-registry, AWSSchemaRegistryConstants, and of the samples of AWS's C# library.</summary>
public sealed class GluePropertiesTests
{
    [Fact]
    public void FromProperties_OfNothing_HasTheDefaultsOfGluesLibraries()
    {
        var options = GlueOptions.FromProperties("# nothing\n");
        Assert.Equal(
            ("default-registry", GlueCompression.None, false, GlueCompatibility.Backward, TimeSpan.FromMilliseconds(86_400_000), 200),
            (options.RegistryName, options.Compression, options.AutoRegistration, options.Compatibility, options.CacheTimeToLive, options.CacheSize));
        Assert.Equal((null, null, null, null, null), (options.Region, options.EndpointUrl, options.ProxyUrl, options.SchemaName, options.Description));
        Assert.Empty(options.ReadingWarnings);
    }

    [Fact]
    public void FromProperties_WithEveryKeyOfTheLibraries_SetsThem_AndTellsWhatHasNoEffect()
    {
        // The keys of the C# library's own config.properties, each with another value than the default.
        var options = GlueOptions.FromProperties("""
            region=us-west-2
            endpoint=https://glue.us-west-2.amazonaws.com
            proxyUrl=http://proxy.example.com:8080
            registry.name=my-registry
            compatibility=full_all
            description=All keys
            schemaName=my-schema
            schemaNameGenerationClass=AWSSchemaNamingStrategyDefaultImpl
            dataFormat=PROTOBUF
            schemaAutoRegistrationEnabled=TRUE
            avroRecordType=GENERIC_RECORD
            protobufMessageType=POJO
            timeToLiveMillis=600000
            cacheSize=2000
            compression=zlib
            secondaryDeserializer=com.example.Other
            jacksonSerializationFeatures=FAIL_ON_EMPTY_BEANS
            jacksonDeserializationFeatures=FAIL_ON_UNKNOWN_PROPERTIES
            tags=env=test,team=a
            metadata=version=1.0,build=123
            userAgentApp=my-app
            x-amz-meta-transport=kafka
            """);
        Assert.Equal(("us-west-2", "my-registry", "my-schema", "All keys"), (options.Region, options.RegistryName, options.SchemaName, options.Description));
        Assert.Equal((new Uri("https://glue.us-west-2.amazonaws.com"), new Uri("http://proxy.example.com:8080")), (options.EndpointUrl, options.ProxyUrl));
        Assert.Equal((GlueCompression.Zlib, true, GlueCompatibility.FullAll), (options.Compression, options.AutoRegistration, options.Compatibility));
        Assert.Equal((TimeSpan.FromMinutes(10), 2_000), (options.CacheTimeToLive, options.CacheSize));
        Assert.Equal(("test", "a", "1.0", "123"), (options.Tags["env"], options.Tags["team"], options.Metadata["version"], options.Metadata["build"]));
        string[] unused =
        [
            "dataFormat", "avroRecordType", "protobufMessageType", "secondaryDeserializer", "jacksonSerializationFeatures", "jacksonDeserializationFeatures",
            "userAgentApp", "x-amz-meta-transport",
        ];
        Assert.Equal(
            unused.Select(static k => $"Glue properties: {k} is accepted and has no effect"),
            options.ReadingWarnings.Select(static w => string.Join(": ", w.Split(": ")[..2])));
    }

    /// <summary>A plus sign is one in an address, and became a blank as in a form: the proxy refused the password.</summary>
    [Fact]
    public void ProxyUrl_WithALogin_IsReadAsAnAddress()
    {
        var settings = GlueConnection.Settings(new KinesisOptions(), new GlueOptions { ProxyUrl = new Uri("http://an%40user:a+b%2Bc@proxy.example.com:8080") });
        Assert.Equal(("an@user", "a+b+c"), (settings.ProxyUserName, settings.ProxyPassword));
    }

    /// <summary>It was spoken to without TLS, and got its password in clear.</summary>
    [Fact]
    public void ProxyUrl_WithHttps_IsRefused_AndNotShown() => Assert.Equal(
        ["Glue properties: proxyUrl has a value that is not allowed: allowed is http://, without query or fragment"],
        Assert.Throws<KplOptionsException>(static () => GlueOptions.FromProperties("proxyUrl=https://me:secret@proxy.example.com:443")).Errors);

    [Fact]
    public void FromProperties_WithAnUnknownKey_Warns_WithTheNearest() => Assert.Equal(
        ["Glue properties: 'registry.nam' is no key of Glue's libraries and has no effect; the nearest is registry.name"],
        GlueOptions.FromProperties("registry.nam=x").ReadingWarnings);

    [Fact]
    public void FromProperties_WithBadValues_TellsAllAtOnce()
    {
        var error = Assert.Throws<KplOptionsException>(() => GlueOptions.FromProperties("""
            compression=gzip
            compatibility=SOMETIMES
            schemaAutoRegistrationEnabled=yes
            cacheSize=0
            timeToLiveMillis=soon
            endpoint=ftp://secret:password@host
            tags=a
            registry.name=a b
            """));
        Assert.Equal(
            [
                "Glue properties: compression is 'gzip': expected is one of: NONE, ZLIB",
                "Glue properties: compatibility is 'SOMETIMES': expected is one of: BACKWARD, BACKWARD_ALL, FORWARD, FORWARD_ALL, FULL, FULL_ALL, NONE, DISABLED",
                "Glue properties: schemaAutoRegistrationEnabled is 'yes': expected is one of: true, false",
                "Glue properties: cacheSize is '0': allowed is 1 to 100000 schemas",
                "Glue properties: timeToLiveMillis is 'soon': expected is a whole number: 1 second to 365 days",
                "Glue properties: endpoint has a value that is not allowed: allowed is http:// or https://, without user, query or fragment",
                "Glue properties: tags is 'a': expected is KEY=VALUE,KEY=VALUE: at most 50",
                "Glue properties: registry.name is 'a b': allowed is 1 to 255 letters, digits and any of -_$#.",
            ],
            error.Errors);
    }

    [Fact]
    public void Create_WithSettingsOutOfRange_TellsAllAtOnce()
    {
        var glue = new GlueOptions { CacheSize = 0, MaxWait = TimeSpan.Zero, MaxWaitingBytes = 1, EndpointUrl = new Uri("ftp://x"), RegistryName = "" };
        var error = Assert.Throws<KplOptionsException>(() => GlueSchemaRegistry.Create(new KplOptions { Kinesis = { Region = "eu-west-1" } }, glue));
        Assert.Equal(
            ["RegistryName", "EndpointUrl", "CacheSize", "MaxWait", "MaxWaitingBytes"], error.Errors.Select(static e => e.Split(' ')[0].Split('.')[1]));
    }

    [Fact]
    public void Create_WithTheFileOfKplsSetting_ReadsIt()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("glue.properties", "region=ap-south-1\ncompression=ZLIB\n");
        var escaped = path.Replace("\\", "\\\\", StringComparison.Ordinal);
        var options = KplOptions.FromProperties($"GlueSchemaRegistryPropertiesFilePath={escaped}\nRegion=eu-west-1");
        Assert.Equal(path, options.GlueSchemaRegistryPropertiesFilePath);
        using var registry = GlueSchemaRegistry.Create(options);
        Assert.Equal((new Uri("https://glue.ap-south-1.amazonaws.com"), GlueCompression.Zlib), (registry.Endpoint, registry.Compression));
        folder.Write("glue.properties", "compression=no");
        Assert.StartsWith($"Kpl:GlueSchemaRegistryPropertiesFilePath '{path}': compression is 'no': ",
            Assert.Throws<KplOptionsException>(() => GlueSchemaRegistry.Create(options)).Errors[0], StringComparison.Ordinal);

        var missing = Assert.Throws<KplOptionsException>(() => GlueOptions.FromFile("/no/such/file"));
        Assert.Contains("the file cannot be read", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "eu-west-1", "https://glue.eu-west-1.amazonaws.com/")]
    [InlineData(null, "cn-north-1", "https://glue.cn-north-1.amazonaws.com.cn/")]
    [InlineData("http://127.0.0.1:5000", "eu-west-1", "http://127.0.0.1:5000/")]
    public void Endpoint_IsGluesOwn_WhateverKinesisHas(string? endpoint, string region, string expected)
    {
        var options = new KplOptions { Kinesis = { Region = region, EndpointUrl = new Uri("https://127.0.0.1:4567"), VerifyCertificate = false } };
        using var registry = GlueSchemaRegistry.Create(options, new GlueOptions { EndpointUrl = endpoint is null ? null : new Uri(endpoint) });
        Assert.Equal(expected, registry.Endpoint!.AbsoluteUri);
    }
}
