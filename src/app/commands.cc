#include "app/commands.h"

#include <array>

namespace segmentd::app {
namespace {

constexpr std::array kCommands = {
    Command{"demo", "see it at work: a broker, generated customers and the daemon in one process",
            "  segmentd demo\n"
            "  segmentd demo --for 30s\n"
            "  segmentd demo --brokers localhost:9092\n",
            AddDemo},
    Command{"run", "process transactions until SIGTERM",
            "  segmentd run -c segmentd.yaml\n"
            "  segmentd run -c segmentd.yaml --until-drained\n",
            AddRun},
    Command{"init", "print a commented configuration with every field",
            "  segmentd init > segmentd.yaml\n", AddInit},
    Command{"check-config", "find mistakes in a configuration, without a network",
            "  segmentd check-config -c segmentd.yaml\n"
            "  segmentd check-config -c segmentd.yaml --print\n",
            AddCheckConfig},
    Command{"topics", "list or create the topics that a configuration needs",
            "  segmentd topics list -c segmentd.yaml\n"
            "  segmentd topics create -c segmentd.yaml --dry-run\n",
            AddTopics},
    Command{"gen", "make transactions of customers that behave, the same for the same seed",
            "  segmentd gen --customers 5000 --events 150000 --days 180 --out history.jsonl\n"
            "  segmentd gen --brokers localhost:9092 --topic transactions --truth truth.jsonl\n",
            AddGen},
    Command{"train", "learn a model from a history",
            "  segmentd train -c segmentd.yaml --events history.jsonl --out first.model\n"
            "  segmentd train -c segmentd.yaml --events transactions --out first.model\n",
            AddTrain},
    Command{"export", "a table of every customer's segment, scores and features",
            "  segmentd export -c segmentd.yaml --out customers.csv\n"
            "  segmentd export -c segmentd.yaml --as-of 2026-01-01T00:00:00Z --format jsonl\n",
            AddExport},
    Command{"erase", "forget a customer, and wait until every partition has",
            "  segmentd erase c42 -c segmentd.yaml\n"
            "  segmentd erase c42 -c segmentd.yaml --consent\n",
            AddErase},
    Command{"model", "the models that were published: look at them, and say which one scores",
            "  segmentd model list -c segmentd.yaml\n"
            "  segmentd model promote first.model -c segmentd.yaml\n"
            "  segmentd model rollback -c segmentd.yaml\n",
            AddModel},
    Command{"health", "ask the running daemon whether it is ready",
            "  segmentd health -c segmentd.yaml\n", AddHealth},
    Command{"version", "say what this is", "  segmentd version --json\n", AddVersion},
};

}  // namespace

std::span<const Command> Commands() { return kCommands; }

}  // namespace segmentd::app
