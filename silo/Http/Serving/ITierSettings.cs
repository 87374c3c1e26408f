using Microsoft.Extensions.Configuration;

namespace Orleans.Kpl.Http.Serving;

/// <summary>What every tier process needs of its settings, whatever else they hold.</summary>
internal interface ITierSettings
{
    /// <summary>What works, but hardly as meant.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Files, environment and command line together, for what reads its own part, such as logging.</summary>
    IConfiguration Configuration { get; }
}
